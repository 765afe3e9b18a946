"""What comes in from outside is checked: whose a dialog is, which records it names, which fields somebody may write."""
from unittest.mock import patch

from markupsafe import Markup

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from ..models import xero_border
from ..wizard import xero_check
from .export_common import XeroExportCase
from .test_companies import CompaniesCase

# Models without a record rule, and why
NO_RULE = {
    'xero.authorization': "nobody has access at all",
    'xero.app': "the app of a database may serve several companies; the fields that matter guard themselves",
}
# Dialogs that belong to somebody by another field than who created them: code of ours creates them
OWNER = {
    'xero.consent': "('user_id', '=', user.id)",
    'xero.consent.organisation': "('consent_id.user_id', '=', user.id)",
}
EVIL = "<img src=x onerror=alert(1)>"


@tagged('post_install', '-at_install')
class TestEveryModel(XeroExportCase):
    """All models of the add-on, also those that come later."""

    def models(self):
        own = self.env['ir.model'].sudo().search([]).filtered(
            lambda model: model.model in self.env and self.env[model.model]._original_module == 'account_xero')
        self.assertIn('xero.check', own.mapped('model'))
        return own

    def test_each_has_rights_and_a_rule_or_a_reason(self):
        for model in self.models():
            with self.subTest(model=model.model):
                if self.env[model.model]._abstract:     # has no rows
                    continue
                self.assertTrue(self.env['ir.model.access'].sudo().search_count([('model_id', '=', model.id)]))
                rules = self.env['ir.rule'].sudo().search([('model_id', '=', model.id)])
                self.assertTrue(rules or NO_RULE.get(model.model))

    def test_each_dialog_is_for_whoever_opened_it(self):
        for model in self.models():
            if self.env[model.model]._transient:
                with self.subTest(model=model.model):
                    rules = self.env['ir.rule'].sudo().search([('model_id', '=', model.id)])
                    self.assertTrue(rules.filtered('global'))
                    self.assertIn(OWNER.get(model.model, "('create_uid', '=', user.id)"), rules.mapped('domain_force')[0])
                    self.assertIn('xero.border', self.env[model.model]._inherit_names())

    def test_what_a_dialog_shows_is_only_read(self):
        for name in ('xero.check.document', 'xero.check.line', 'xero.check.reason', 'xero.post.day.line', 'xero.post.day.reason',
                     'xero.mapping.copy.line', 'xero.consent.organisation'):
            for operation in ('create', 'write', 'unlink'):
                self.assertFalse(self.env[name].with_user(self.admin).has_access(operation), (name, operation))
