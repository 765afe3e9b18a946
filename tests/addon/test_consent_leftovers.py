"""The organisations that a consent connected at Xero and that no connection of Odoo uses are removed there, and no others."""
import json
from contextlib import suppress
from datetime import timedelta

from odoo import fields
from odoo.addons.account_xero.tools.client_action import NOTIFY
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import ADVISER, FINANCE, HARBOUR, HINTERLAND, NORTHGATE, XeroCase
from ..sandbox.sandbox_common import CLIENT_ID

MODEL = 'odoo.addons.account_xero.models.connection'
QUIET = mute_logger(f'{MODEL}.xero_consent', f'{MODEL}.xero_consent_leftovers')


@tagged('post_install', '-at_install')
class TestConsentLeftovers(XeroCase):
    """The finance user is connected to Northgate through this app since long ago, by something else than this database."""

    def setUp(self):
        super().setUp()
        self.connection = self.new_connection()

    def at_xero(self, user=FINANCE, client_id=CLIENT_ID):
        """Return the organisations that Xero lists for this user and app."""
        user_id = self.sandbox.user(user).user_id
        return {connection.tenant_id for connection in self.sandbox.connections if (connection.client_id, connection.user_id) == (client_id, user_id)}

    def after_commit(self):
        """Do what the transaction has left for the time after its commit.

        :return: the sentences of which the person was notified.
        """
        self.env.flush_all()
        Bus = self.env['bus.bus'].sudo()
        before = Bus.search([], order='id desc', limit=1).id or 0
        self.env.cr.postcommit.run()
        self.env.cr.precommit.run()     # the messages of the bus
        self.env.invalidate_all()
        messages = (json.loads(row.message) for row in Bus.search([('id', '>', before)]))
        return [message['payload']['message'] for message in messages if message['type'] == NOTIFY]

    def choose(self, consent, tenant):
        consent.organisation_id = consent.organisation_ids.filtered(lambda organisation: organisation.tenant_id == tenant)

    def test_saving_removes_the_others(self):
        consent = self.authorise(self.connection, [HARBOUR, HINTERLAND])
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR, HINTERLAND})
        self.choose(consent, HARBOUR)
        self.assertEqual(consent.action_save()['res_id'], self.connection.id)
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR, HINTERLAND}, "nothing is removed in the person's transaction")
        self.assertEqual(self.after_commit(), ["Hinterland Site AU is not used, so Odoo disconnected it from the app at Xero."])
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})
        self.assertEqual(self.connection.status, 'connected')
        self.run_token_check()
        self.assertEqual(self.connection.status, 'connected', "the chain goes on")

    def test_saving_the_only_one_asks_nothing(self):
        consent = self.authorise(self.connection)
        self.assertEqual(consent.action_save()['res_model'], 'xero.connection')
        self.assertFalse(self.after_commit())
        self.assertFalse(self.calls('DELETE'))
        self.assertFalse(consent.sudo().event)

    def test_discarding_removes_what_was_chosen(self):
        consent = self.authorise(self.connection, [HINTERLAND])
        chain = consent.sudo().authorization_id
        consent.action_discard()
        self.after_commit()
        self.assertEqual(self.at_xero(), {NORTHGATE}, "Northgate is used by something else")
        self.assertFalse(chain.exists(), "no connection uses these tokens")
        self.assertFalse(self.calls('POST', '/connect/revocation'), "Northgate would lose its access")
        self.assertEqual((consent.state, self.connection.status), ('refused', 'draft'))

    def test_tokens_without_any_connection_are_revoked(self):
        self.authorise(self.connection, [HINTERLAND], ADVISER).action_discard()
        self.after_commit()
        self.assertFalse(self.at_xero(ADVISER))
        self.assertEqual(len(self.calls('POST', '/connect/revocation')), 1)
        self.assertFalse(self.env['xero.authorization'].search([('app_id', '=', self.app.id)]))

    def test_choosing_again(self):
        consent = self.authorise(self.connection, [HINTERLAND])
        answer = consent.action_choose_again()
        self.after_commit()
        self.assertTrue(answer['url'].startswith(f'/xero/oauth/start/{self.connection.id}'))
        self.assertEqual(self.at_xero(), {NORTHGATE})
        self.connect(self.connection)
        self.after_commit()
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})

    def test_what_a_connection_uses_stays(self):
        used = self.connect()
        self.xero_company.sudo().xero_connection_id = False
        for active in (True, False):
            with self.subTest(active=active):
                used.active = active
                consent = self.authorise(self.connection)
                chain = consent.sudo().authorization_id
                consent.action_discard()
                self.after_commit()
                self.assertIn(HARBOUR, self.at_xero())
                self.assertTrue(chain.exists())
        self.assertFalse(self.calls('DELETE'))

    def test_what_a_connection_of_another_app_and_company_uses_stays(self):
        self.sandbox.register_app({'client_id': 'OTHER', 'client_secret': 'fake-other', 'redirect_uris': [self.app.redirect_uri]})
        other_app = self.app.copy({'client_id': 'OTHER', 'client_secret': 'fake-other', 'environment': 'sandbox', 'sandbox_url': self.server.url})
        other = self._currency_company('AUD', "Elsewhere")
        self.connect(self.new_connection("Other books", app_id=other_app.id, company_ids=[(6, 0, (other | self.xero_company).ids)]))
        consent = self.authorise(self.connection)
        self.assertIn("already the connection “Other books”", consent.obstacle)
        consent.action_discard()
        self.after_commit()
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})
        self.assertFalse(self.calls('DELETE'))

    def test_a_disconnected_connection_uses_nothing(self):
        used = self.connect()
        used._disconnect()
        self.authorise(used).action_discard()
        self.after_commit()
        self.assertEqual(self.at_xero(), set(), "the disconnection has revoked the tokens, and with them Northgate")

    def test_what_was_connected_before_stays(self):
        """Another database uses the same app."""
        self.sandbox.connect(CLIENT_ID, self.sandbox.user(FINANCE), [HINTERLAND], 'event-of-another-database')
        self.authorise(self.connection, [HARBOUR, HINTERLAND]).action_discard()
        self.after_commit()
        self.assertEqual(self.at_xero(), {NORTHGATE, HINTERLAND})

    def test_what_a_later_consent_chose_stays(self):
        first = self.authorise(self.connection, [HINTERLAND])
        second = self.authorise(self.new_connection("Second"), [HINTERLAND])
        first.action_discard()
        self.after_commit()
        self.assertIn(HINTERLAND, self.at_xero())
        second.action_save()
        self.after_commit()
        self.assertEqual(second.connection_id.status, 'connected')

    def test_a_new_connection_for_another_organisation_keeps_both(self):
        connection = self.connect()
        consent = self.authorise(connection, [HINTERLAND])
        consent.action_save_as_new()
        self.after_commit()
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR, HINTERLAND})

    def test_a_renewal_removes_the_others(self):
        connection = self.connect()
        self.authorise(connection, [HARBOUR, HINTERLAND])
        [result] = self.env['xero.consent'].with_user(self.admin).finish_pending()['results']
        self.assertTrue(result['ok'])
        self.assertIn("Hinterland Site AU is not used", self.after_commit()[0])
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})

    @QUIET
    def test_xero_is_down(self):
        """The person goes on, and the token check removes it later."""
        consent = self.authorise(self.connection, [HINTERLAND])
        for path in ('/connections', '/connections/'):
            self.sandbox.faults.order(kind='503', path=path)
        consent.action_discard()
        self.assertIn("the app may still be connected to Hinterland Site AU", self.after_commit()[0])
        self.assertEqual(consent.state, 'refused')
        self.assertIn(HINTERLAND, self.at_xero())
        self.sandbox.faults.clear()
        self.run_token_check()
        self.assertEqual(self.at_xero(), {NORTHGATE})
        self.assertFalse(consent.sudo().event)

    def test_a_tab_that_was_closed(self):
        consent, fresh = self.authorise(self.connection, [HINTERLAND]), self.authorise(self.new_connection("Second"))
        consent.sudo().expires_at = fields.Datetime.now() - timedelta(minutes=1)
        self.run_token_check()
        self.assertEqual((consent.state, fresh.state), ('refused', 'ready'))
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})
        fresh.action_save()
        self.assertEqual(fresh.connection_id.status, 'connected')

    @QUIET
    def test_a_consent_that_failed_before_its_organisations_were_known(self):
        self.sandbox.faults.order(kind='503', path='/connections')
        with suppress(UserError):
            self.authorise(self.connection, [HINTERLAND])
        self.env.invalidate_all()
        consent = self.env['xero.consent'].search([])
        self.assertEqual(consent.state, 'exchanged')
        self.run_token_check()
        self.assertIn(HINTERLAND, self.at_xero(), "the person may come back for ten minutes")
        consent.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        self.run_token_check()
        self.assertEqual(self.at_xero(), {NORTHGATE})

    def test_a_consent_that_was_replaced(self):
        old = self.authorise(self.connection, [HINTERLAND])
        self.connect(self.connection)
        self.assertEqual(old.state, 'refused')
        self.run_token_check()
        self.assertEqual(self.at_xero(), {NORTHGATE, HARBOUR})

    def test_a_copy_removes_nothing(self):
        consent = self.authorise(self.connection, [HINTERLAND])
        self.env['xero.server']._remember()
        self.env['ir.config_parameter'].sudo().set_param('database.uuid', 'a-copy')
        consent.sudo().expires_at = fields.Datetime.now() - timedelta(minutes=1)
        calls = len(self.sandbox.requests)
        self.run_token_check()
        consent.action_discard()
        self.after_commit()
        self.assertEqual(len(self.sandbox.requests), calls)
        self.assertIn(HINTERLAND, self.at_xero())
