from decimal import Decimal

from odoo import models
from odoo.tools import format_amount

from ...const import FINAL_STATUSES
from ...tools.xero_money import round_half_up, to_decimal


class XeroKindPayment(models.AbstractModel):
    """Payments that may be in Xero already, entered there by a person: these are skipped with the reason, so that nothing is paid twice."""
    _inherit = 'xero.kind.payment'

    def _read_in_xero(self, exports):
        """Return the exports of the documents of some payments on which Odoo has read money in Xero that is not registered in Odoo."""
        rows = self.env['xero.payment'].search([
            ('export_id', 'in', exports.invoice_export_id.ids), ('state', '!=', 'undone'), ('xero_status', 'not in', FINAL_STATUSES)])
        return rows.filtered(lambda row: not row._is_live()).export_id

    def _has_to_look(self, export, read):
        """Return whether the document must be read before the payment is sent.

        :param read: see `_read_in_xero`.
        """
        return bool(self._unapproved_ends(export)) or self._may_be_paid(export, read)

    def _may_be_paid(self, export, read):
        """Return whether a payment may be one that is in Xero. A person can send it anyway.

        It may, if it was registered before its document was found in Xero, or if more is paid there than Odoo has: by an open difference, or by a
        payment that was read.

        :param read: see `_read_in_xero`.
        """
        # One that was in Xero before was removed there to be made again
        if export.arrived_at or export.sends_anyway:
            return False
        return self._is_before_link(export) or export.invoice_export_id in read or any(
            row.topic == 'paid' and row.state == 'open' for row in export.invoice_export_id.difference_ids)

    def _is_before_link(self, export):
        paid = export.invoice_export_id
        return paid.is_found and export.partial_id.create_date <= paid.arrived_at

    def _leave_perhaps_paid(self, exports, remote, read):
        """Skip those payments whose document has other money in Xero than Odoo knows: it may be the same, and must not be paid twice.

        If it was registered since the document was linked, a larger payment is another one.

        :param dict remote: the documents in Xero, by id.
        :param read: see `_read_in_xero`.
        :return: the exports that must not be sent now.
        """
        left = exports.browse()
        for export in exports.filtered(lambda export: self._may_be_paid(export, read)):
            paid = export.invoice_export_id
            known, unsure = self._known_in_xero(paid)
            theirs = paid._kind()._settled_amount(remote[paid.xero_id]) if paid.xero_id in remote else 0
            unknown = theirs - known if self._is_before_link(export) else self._missing_in_odoo(paid, theirs)
            if unsure:
                export._hold_back('prerequisite', wait_for_id=unsure[0].id)
            elif unknown > 0 and (self._is_before_link(export) or round_half_up(to_decimal(export.amount_total)) <= unknown):
                export._set_skipped(self._perhaps_paid_words(export, unknown), rule='paid')
                export._notify_outcome()
            else:
                continue
            left |= export
        return left

    def _perhaps_paid_words(self, export, unknown):
        """Return, for people, why a payment is not sent.

        :param Decimal unknown: what is paid or credited in Xero without Odoo's doing.
        """
        paid = export.invoice_export_id
        names = {
            'amount': format_amount(self.env, float(unknown), paid.currency_id), 'paid': paid.document_name, 'document': export.document_name}
        if self._is_before_link(export):
            return self.env._(
                "%(amount)s is paid or credited on %(paid)s in Xero, and Odoo did not send it. %(document)s may be the same: it was registered before "
                "%(paid)s was linked. Resync it if it is missing in Xero.", **names)
        return self.env._(
            "%(amount)s is paid or credited on %(paid)s in Xero, and Odoo did not send it. %(document)s may be the same. Resync it if it is missing in "
            "Xero.", **names)

    def _missing_in_odoo(self, paid, theirs):
        """Return how much more is paid and credited in Xero than Odoo has beside what it has not sent yet (Decimal).

        :param Decimal theirs: what is paid and credited in Xero.
        """
        comparison = self.env['xero.comparison']
        return comparison._missing_amount(paid, theirs, comparison._known_money(paid)[paid])

    def _known_in_xero(self, paid):
        """Return how much of what is paid and credited on a document in Xero Odoo knows (Decimal), and the exports of which it is not known.

        :param paid: `xero.export` of the document.
        """
        rows = paid._dependants()
        known = rows.filtered(lambda row: row.state == 'synced' and row.xero_id and not row._is_undone() and row.xero_status not in FINAL_STATUSES)
        registered = self.env['xero.payment'].search([('export_id', '=', paid.id), ('payment_id', '!=', False), ('xero_status', 'not in', FINAL_STATUSES)])
        live = registered.filtered(lambda row: row._is_live())
        amounts = [*known.mapped('xero_total'), *live.mapped('amount')]
        return round_half_up(sum(map(to_decimal, amounts), Decimal(0))), rows.filtered(lambda row: row.state in ('sending', 'uncertain'))
