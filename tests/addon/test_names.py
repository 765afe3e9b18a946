from odoo.tests import tagged
from odoo.tools import mute_logger

from ...exceptions import XeroUnauthorised
from .export_common import XeroExportCase

NAME = "Harbour Site AU"


@tagged('post_install', '-at_install')
class TestNames(XeroExportCase):
    """A connection that is named like its organisation, as most are: no sentence says the name twice."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.name = cls.connection.organisation_name

    def assertOnce(self, text):
        self.assertEqual(text.count(NAME), 1, text)

    def test_both_names_are_said_if_they_differ(self):
        self.assertEqual(self.connection._named(), NAME)
        self.connection.name = f" {NAME.upper()} "
        self.assertEqual(self.connection._named(), NAME.upper())
        self.connection.name = "Sydney"
        self.assertEqual(self.connection._named(), f"Sydney ({NAME})")
        self.connection.organisation_name = False
        self.assertEqual(self.connection._named(), "Sydney")

    def test_lost_and_restored(self):
        move = self.document()
        self.sandbox.connections = []
        self.run_token_check()
        self.assertEqual(self.connection.status, 'reauthenticate')
        self.assertOnce(self.connection.status_reason)
        self.assertOnce(move.xero_export_ids.message)
        self.assertOnce(str(self.connection.activity_ids[:1].note))
        self.assertOnce(self.connection.with_user(self.admin).action_test()['params']['message'])
        check = self.env['xero.check'].with_user(self.admin).create({'connection_id': self.connection.id})
        self.assertOnce(' '.join(check._notices({self.connection})))

    def test_a_reason_without_the_name_follows_the_name(self):
        self.connection.sudo().write({'status': 'reauthenticate', 'status_reason': "The access that Anna gave has ended at Xero. Reauthenticate."})
        self.assertEqual(
            self.env['xero.export']._values_for_status(self.connection)['message'],
            f"{NAME} lost its access to Xero. The access that Anna gave has ended at Xero. Reauthenticate. The document is then sent automatically; "
            "invoice admins have been told.")
        first_sync = self.env['xero.first.sync'].sudo().create({
            'connection_id': self.connection.id, 'date_from': '2026-01-01', 'date_to': '2026-01-31'})
        self.assertOnce(first_sync._wait_words())
        self.connection.status_reason = False
        self.assertEqual(self.connection._status_words("It stopped."), "It stopped.")

    @mute_logger('odoo.addons.account_xero.models.connection.xero_connection_access')
    def test_permissions(self):
        export = self.document().xero_export_ids.sudo()
        export._fail_permission(XeroUnauthorised("Forbidden", kind='scope'))
        self.assertOnce(export.message)
        self.assertOnce(self.connection._unreadable_words())

    def test_tasks_and_messages(self):
        self.document().xero_export_ids.sudo()._fail_permission(XeroUnauthorised("Forbidden", kind='scope'))
        self.connection._tell_failures()
        self.assertOnce(str(self.connection.activity_ids[:1].note))
        dialog = self.env['xero.disconnect'].with_user(self.admin).create({'connection_id': self.connection.id})
        self.assertOnce(dialog.action_disconnect()['params']['message'])
