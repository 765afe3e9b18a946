"""A connection with tokens, and a user with all rights who must not read them."""
import logging
from contextlib import contextmanager

from ...const import CALLBACK_PATH
from ..common import XeroCase

# At DEBUG, Odoo's loggers write SQL and requests of browsers; our loggers and those of the libraries never write a secret
QUIET_AT_DEBUG = ('odoo.addons.account_xero', 'requests', 'urllib3', 'authlib')
# In a test, Xero and the browser log into the same process
OTHER_SIDE = ('authlib.oauth2.rfc6749.grants', 'authlib.oauth2.rfc6749.authenticate_client')
BROWSER = ('/identity/connect/authorize', f'"GET {CALLBACK_PATH}')


@contextmanager
def captured_logs():
    """Collect what ours and the libraries' loggers say at DEBUG, and all others at INFO."""
    lines = []

    class Collector(logging.Handler):
        def emit(self, record):
            message = record.getMessage()
            if record.name.startswith(OTHER_SIDE) or (record.name.startswith('urllib3') and any(address in message for address in BROWSER)):
                return
            if record.levelno >= logging.INFO or record.name.startswith(QUIET_AT_DEBUG):
                lines.append(f'{record.name} {message} {record.exc_text or ""} {record.exc_info or ""}')

    loggers = [logging.getLogger(name) for name in ('', 'werkzeug', 'odoo', *QUIET_AT_DEBUG)]
    before = [(logger, logger.level) for logger in loggers]
    collector = Collector(logging.DEBUG)
    logging.getLogger().addHandler(collector)
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG if logger.name in QUIET_AT_DEBUG else logging.INFO)
        yield lines
    finally:
        logging.getLogger().removeHandler(collector)
        for logger, level in before:
            logger.setLevel(level)


class XeroSecretsCase(XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.authorization = cls.connection.authorization_id
        cls.system = cls._new_user('xero_system', 'base.group_system,account_xero.group_xero_invoice_admin')
