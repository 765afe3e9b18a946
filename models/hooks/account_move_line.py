from odoo import api, models


class AccountMoveLine(models.Model):
    """A sweep looks for items that were written lately, see `xero.kind._recent_writes`. Items can be reconciled up to an amount."""
    _inherit = 'account.move.line'

    _xero_written = models.Index("USING brin (write_date)")

    @api.model
    def _prepare_reconciliation_plan(self, plan, amls_values_map, shadowed_aml_values=None):
        """Reconcile no more than the context's `xero_amounts` (ID of an item → amount in its currency): Xero allocates any part of a credit."""
        for line, values in amls_values_map.items() if self.env.context.get('xero_amounts') else ():
            limit, residual = self.env.context['xero_amounts'].get(line.id), values['amount_residual_currency']
            if limit is not None and line.currency_id.compare_amounts(limit, abs(residual)) < 0:
                share = limit / abs(residual)
                values['amount_residual_currency'] = line.currency_id.round(residual * share)
                values['amount_residual'] = line.company_currency_id.round(values['amount_residual'] * share)
        return super()._prepare_reconciliation_plan(plan, amls_values_map, shadowed_aml_values=shadowed_aml_values)
