"""The mapping read backwards: which account, taxes and analytic accounts in Odoo a line of Xero's stands for."""
from collections import defaultdict
from typing import NamedTuple

from odoo import models

# Lines of invoices and bills cannot be on accounts of these types
_OWED = ('asset_receivable', 'liability_payable')


class Found(NamedTuple):
    """What a line has in Odoo. `is_sure` is False if nothing, or more than one thing, is mapped to what the line has in Xero."""
    record: models.BaseModel
    is_sure: bool


class Backwards:
    """Reads the decisions of a company backwards.

    Several accounts, or sets of taxes, may be mapped to one in Xero. Then the one counts that related documents use, if they use exactly one. Of sets of
    taxes that differ, the one counts that the lines on the same account use, or the one that is not included in the price: any price can be entered so.

    :param mapping_sudo: `xero.mapping` in sudo, empty.
    :param connection: `xero.connection`.
    :param company: `res.company` of the document in Odoo.
    :param str use: `sale` or `purchase`, for taxes.
    :param moves: `account.move` that are related to the document, such as the invoice that a credit note reduces.
    """

    def __init__(self, mapping_sudo, connection, company, use, moves):
        self._env = mapping_sudo.env
        self._lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == 'product')
        rows = mapping_sudo.search([('connection_id', '=', connection.id), ('company_id', '=', company.id), ('is_decided', '=', True)])
        self._accounts, self._taxes, self._options = defaultdict(list), defaultdict(list), defaultdict(list)
        for row in rows:
            if row.type == 'account' and row.account_id.account_type not in _OWED and row.account_id.active:
                for key in filter(None, (row.xero_account_id.code, row.xero_account_id.xero_id)):
                    self._accounts[key].append(row.account_id)
            elif row.type == 'tax' and row.use == use and all(row.tax_ids.mapped('active')):
                self._taxes[row.xero_tax_rate_id.tax_type].append(row.tax_ids)
            elif row.type == 'tracking':
                self._options[row.xero_tracking_option_id.xero_id].append(row.analytic_account_id)

    def account(self, line):
        """Return the `Found` account of a line.

        :param dict line: of an answer.
        """
        return self._one(self._accounts.get(self._key(line, 'AccountCode')) or self._accounts.get(self._key(line, 'AccountID')),
                         {tuple(one.account_id.ids) for one in self._lines}, self._env['account.account'])

    def taxes(self, line):
        """Return the `Found` set of taxes of a line, which may be empty and sure.

        :param dict line: of an answer.
        """
        candidates, nothing = self._taxes.get(self._key(line, 'TaxType')) or [], self._env['account.tax']
        used, account = {self._ids(one.tax_ids) for one in self._lines}, self.account(line).record
        found = self._one(candidates, used, nothing)
        if found.is_sure or not candidates:
            return found
        related = [taxes for taxes in candidates if self._ids(taxes) in used] or candidates
        found = self._one(related, {self._ids(one.tax_ids) for one in self._lines if one.account_id == account}, nothing)
        return found if found.is_sure else self._one([taxes for taxes in related if not any(taxes.mapped('price_include'))], used, nothing)

    def analytic_distribution(self, line):
        """Return the analytic distribution of a line: the accounts of its tracking options, as far as each stands for one; False if it has none.

        :param dict line: of an answer.
        """
        tracking = line.get('Tracking')
        options = [option for option in tracking if isinstance(option, dict)] if isinstance(tracking, list) else []
        found = [self._options.get(self._key(option, 'TrackingOptionID'), ()) for option in options]
        ids = [str(accounts[0].id) for accounts in found if len(accounts) == 1]
        return {','.join(ids): 100} if ids else False

    @staticmethod
    def _ids(records):
        return tuple(sorted(records.ids))

    @staticmethod
    def _key(values, name):
        return values[name] if isinstance(values.get(name), str) else None

    @staticmethod
    def _one(candidates, used, nothing):
        """Return the only one of some candidates, or the only one that is used.

        :param list candidates: recordsets, or None.
        :param set used: what related documents use: sorted tuples of IDs.
        :param nothing: empty recordset.
        """
        distinct = {tuple(sorted(record.ids)): record for record in candidates or ()}
        if len(distinct) > 1:
            distinct = {key: record for key, record in distinct.items() if key in used}
        if len(distinct) != 1:
            return Found(nothing, False)
        return Found(next(iter(distinct.values())), True)
