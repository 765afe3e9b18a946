from odoo import api, fields, models

from ..tools.xero_money import to_decimal


class XeroCheckDocument(models.TransientModel):
    """A manual journal in a check: its lines have amounts, and neither quantities nor taxes."""
    _inherit = 'xero.check.document'

    is_journal = fields.Boolean(readonly=True)

    @api.model
    def _prepare(self, rehearsal):
        values = super()._prepare(rehearsal)
        if rehearsal.kind != 'journal':
            return values
        total = float(rehearsal.built.total)
        lines = self.env['xero.check.line']._prepare_journal(rehearsal.connection, rehearsal.built.element.get('JournalLines', []))
        return {
            **values, 'is_journal': True, 'currency_id': rehearsal.move.company_currency_id.id, 'amount_total': total, 'predicted_total': total,
            'line_ids': [fields.Command.create(line) for line in lines],
        }


class XeroCheckLine(models.TransientModel):
    _inherit = 'xero.check.line'

    @api.model
    def _prepare_journal(self, connection, elements):
        """Yield the values that show `JournalLines`, with the names behind their codes."""
        accounts = self.env['xero.account'].sudo().search([('connection_id', '=', connection.id)])
        by_code, by_id = accounts.grouped('code'), accounts.grouped('xero_id')
        options = self.env['xero.tracking.option'].sudo().search([('connection_id', '=', connection.id)]).grouped('xero_id')
        for element in elements:
            account = by_code.get(element.get('AccountCode')) or by_id.get(element.get('AccountID'))
            yield {
                'description': element['Description'], 'account': account.display_name if account else False,
                'net': float(to_decimal(element['LineAmount'])),
                'tracking': ', '.join(options[option['TrackingOptionID']].display_name for option in element.get('Tracking', ())),
            }
