from difflib import SequenceMatcher

from odoo import api, fields, models

from .xero_mapping import TARGET_FIELDS

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
            targets = {field: self.env[self._fields[field].comodel_name].search(active) for field in TARGET_FIELDS}
            for mapping in mappings:
                field = mapping._target_field()
                suggested = mapping._suggest(targets[field].filtered_domain(mapping._target_domain()))
                mapping[f'suggested_{field.removeprefix("xero_")}'] = suggested
                mapping.suggestion = suggested.display_name

    def action_use_suggestion(self):
        """Decide as it is suggested; it counts as chosen by the person."""
        for mapping in self.filtered('suggestion'):
            field = mapping._target_field()
            mapping[field] = mapping[f'suggested_{field.removeprefix("xero_")}']

    def _suggest(self, targets):
        """Return the most similar of what the row could go to, or an empty record.

        Accounts are compared by name within their class, tax rates among those of the same percentage. A rate whose percentage
        no other has needs no likeness.
        """
        if self.type == 'account':
            account = self.account_id
            alike = targets.filtered(lambda target: target.account_class == ACCOUNT_CLASS.get(account.internal_group))
            return self._most_similar(account.name, alike, LIKENESS)
        if self.type == 'tracking':
            return self._most_similar(self.source_name, targets, LIKENESS)
        percent = self._added_percent()
        if percent and not self._is_plain():
            return targets.browse()
        alike = targets.filtered(lambda rate: rate._charges(percent))
        return self._most_similar(self.source_name, alike, 0 if len(alike) == 1 else LIKENESS)

    def _added_percent(self):
        """Return the percent that the taxes add to a line without them. What no rate can be is in no row (`rate_taxes`)."""
        amounts = self.tax_ids.with_context(round_base=False).compute_all(
            100.0, handle_price_include=False, rounding_method='round_globally')   # to the last digit, which no amount needs, but a rate
        return amounts['total_included'] - amounts['total_excluded']

    @staticmethod
    def _most_similar(name, targets, likeness):
        """Return the target whose name is most like a name, if it is alike enough."""
        def ratio(target):
            return SequenceMatcher(None, name.casefold(), (target.name or '').casefold()).ratio()
        best = max(targets, key=ratio, default=targets)
        return best if best and ratio(best) >= likeness else targets.browse()
