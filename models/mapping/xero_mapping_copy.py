from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .xero_mapping import TARGET_FIELDS

DECIDING = (*TARGET_FIELDS, 'target', 'target_code')


class Copy(NamedTuple):
    """A decision that can be copied: the row of the other connection, ours if it exists, and what it becomes."""
    origin: models.BaseModel
    row: models.BaseModel
    target: models.BaseModel


class XeroMapping(models.Model):
    """Decisions that come from elsewhere: another connection, or a table that somebody filled in.

    `target_code` is the column for Odoo's own export and import: codes of accounts and tax types are equal in many organisations, while
    names and ids are not.
    """
    _inherit = 'xero.mapping'

    target_code = fields.Char(
        string="Code in Xero", compute='_compute_target_code', inverse='_inverse_target_code',
        help="The code of the account, the tax type, the name of the tracking option, or the number of the bank account.")

    @api.depends(*TARGET_FIELDS)
    def _compute_target_code(self):
        for mapping in self:
            target = mapping._target()
            mapping.target_code = mapping._code_of(target)

    def _inverse_target_code(self):
        for mapping in self:
            code = (mapping.target_code or '').strip()
            target = mapping._find_target(mapping.connection_id, code)
            if code and not target:
                raise ValidationError(self.env._(
                    "%(connection)s has nothing with the code “%(code)s” in Xero that %(item)s could go to.",
                    connection=mapping.connection_id.name, code=code, item=mapping.source_name))
            mapping[mapping._target_field()] = target

    def write(self, vals):
        """Let a table keep the columns that people read, as long as they say what the rows say."""
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name in DECIDING or any(row._would_change(name, vals) for row in self)}
        return super().write(vals)

    def _code_of(self, target):
        return target[target._code_field]

    def _find_target(self, connection, code):
        """Return what has a code in an organisation, if the row could go to it, or an empty record."""
        targets = self._target().search(self._target_domain(connection)).filtered(lambda target: self._code_of(target) == code)
        return targets if code and len(targets) == 1 else targets.browse()

    # === COPYING === #

    def _find_twin(self, connection, target):
        """Return what another organisation's target is in an organisation, if the row could go to it, or an empty record."""
        if self.type != 'tax':
            return self._find_target(connection, self._code_of(target))
        rates = target.search(self._target_domain(connection)).filtered(lambda rate: rate._is_same(target))
        return rates if len(rates) == 1 else rates.browse()

    @api.model
    def _plan_copy(self, origin, connection):
        """Return what can be copied from one connection to another: only what nobody has decided there.

        Things are the same by what people see, code of an account, names and percentages of taxes, so that it also works between
        companies; what they go to is the same by its code, of tax rates also by the percentage (`_find_twin`). Rows that no document
        has needed yet are for the companies that both connections serve.

        :return: list of `Copy`.
        """
        decided = self.search([('connection_id', '=', origin.id), ('is_decided', '=', True)])
        rows = self.search([('connection_id', '=', connection.id)])
        by_likeness = {
            likeness: twins[0] for likeness, twins in decided.grouped(lambda twin: twin._likeness()).items()
            if len(set(twins.mapped('target_code'))) == 1}
        pairs = [
            (by_likeness[row._likeness()], row) for row in rows if not row.is_decided and row._likeness() in by_likeness]
        known = {(row.company_id, row.type, row.source_key) for row in rows}
        pairs += [(twin, rows.browse()) for twin in decided
                  if connection._serves(twin.company_id) and (twin.company_id, twin.type, twin.source_key) not in known]
        plan = [Copy(twin, row, (row or twin)._find_twin(connection, twin._target())) for twin, row in pairs]
        return [copy for copy in plan if copy.target]

    @api.model
    def _copy_from(self, origin, connection):
        """Copy what `_plan_copy` found, as decisions of the user.

        :return: number of rows that are decided by it.
        """
        count = 0
        for twin, row, target in self._plan_copy(origin, connection):
            row = row or self._rows_of(connection, twin.company_id, [twin._source()]).sudo(False)
            # A new row may have been decided by default
            if not row.is_decided:
                row[row._target_field()] = target
                count += 1
        return count

    def _likeness(self):
        """Return what makes this row's Odoo thing the same as another company's."""
        if self.type == 'account':
            return (self.type, self.account_id.with_company(self.company_id).code)
        if self.type == 'tracking':
            return (self.type, self._category().name, self.source_name)
        return (self.type, self.use, tuple(sorted((tax.name, tax.amount_type, tax.amount) for tax in self.tax_ids)))
