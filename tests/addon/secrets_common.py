"""A connection with tokens, and a user with all rights who must not read them."""
from ..common import XeroCase


class XeroSecretsCase(XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.authorization = cls.connection.authorization_id
        cls.system = cls._new_user('xero_system', 'base.group_system,account_xero.group_xero_invoice_admin')
