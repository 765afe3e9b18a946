from difflib import SequenceMatcher

from odoo import api, fields, models
from odoo.tools import float_compare

from .xero_mapping_defaults import RATE_DIGITS, SELF_ASSESSED

ACCOUNT_CLASS = {'asset': 'ASSET', 'liability': 'LIABILITY', 'equity': 'EQUITY', 'income': 'REVENUE', 'expense': 'EXPENSE'}
LIKENESS = 0.6      # of two names; below, a suggestion would only distract


class XeroMapping(models.Model):
    """Suggestions for what is not decided: offered with a button, never applied by themselves."""
    _inherit = 'xero.mapping'

    suggested_account_id = fields.Many2one('xero.account', compute='_compute_suggestion')
    suggested_tax_rate_id = fields.Many2one('xero.tax.rate', compute='_compute_suggestion')
    suggested_tracking_option_id = fields.Many2one('xero.tracking.option', compute='_compute_suggestion')
    suggestion = fields.Char(compute='_compute_suggestion', help="The most similar one in Xero. It is only used if you say so.")

    @api.depends('is_decided')
    def _compute_suggestion(self):
        self.update({'suggested_account_id': False, 'suggested_tax_rate_id': False, 'suggested_tracking_option_id': False, 'suggestion': False})
        undecided = self.filtered(lambda mapping: not mapping.is_decided)
        for connection, mappings in undecided.grouped('connection_id').items():
            active = [('connection_id', '=', connection.id), ('status', '=', 'ACTIVE')]
            accounts = self.env['xero.account'].search(active)
            rates, options = self.env['xero.tax.rate'].search(active), self.env['xero.tracking.option'].search(active)
            for mapping in mappings:
                suggested = mapping._suggest(accounts, rates, options)
                mapping[f'suggested_{mapping._target_field().removeprefix("xero_")}'] = suggested
                mapping.suggestion = suggested.display_name

    def action_use_suggestion(self):
        """Decide as it is suggested; it counts as chosen by the person."""
        for mapping in self.filtered('suggestion'):
            field = mapping._target_field()
            mapping[field] = mapping[f'suggested_{field.removeprefix("xero_")}']

    def _suggest(self, accounts, rates, options):
        """Return the most similar of the usable targets of a connection, or an empty record.

        Accounts are compared by name within their class; tax rates come to the same percentage and are for the same use.
        """
        if self.type == 'account':
            account = self.account_id
            alike = accounts.filtered(
                lambda target: target.account_class == ACCOUNT_CLASS.get(account.internal_group) and self._can_use(target))
            return self._most_similar(account.name, alike, LIKENESS)
        if self.type == 'tracking':
            alike = options.filtered(lambda option: option.category_xero_id == self.category_xero_id)
            return self._most_similar(self.source_name, alike, LIKENESS)
        percent = self._added_percent()
        if percent is None:
            return rates.browse()
        alike = rates.filtered(lambda rate: rate.use in (self.use, False) and float_compare(
            percent, 0.0 if rate.tax_type in SELF_ASSESSED else rate.rate, precision_digits=RATE_DIGITS) == 0)
        return self._most_similar(self.source_name, alike, 0)

    def _added_percent(self):
        """Return the percent that the taxes add to a line without them, None where they are no percentage."""
        if self._has_no_like():
            return None
        amounts = self.tax_ids.with_context(round=False).compute_all(100.0, handle_price_include=False)
        return amounts['total_included'] - amounts['total_excluded']

    @staticmethod
    def _most_similar(name, targets, likeness):
        """Return the target whose name is most like a name, if it is alike enough."""
        def ratio(target):
            return SequenceMatcher(None, name.casefold(), (target.name or '').casefold()).ratio()
        best = max(targets, key=ratio, default=targets)
        return best if best and ratio(best) >= likeness else targets.browse()
