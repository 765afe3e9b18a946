from collections import defaultdict
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...const import DAY_END
from ...tools.xero_money import round_half_up, to_decimal


class XeroJournalDay(models.Model):
    """A day of a journal whose entries are exported as one manual journal. It is the document of such an export.

    The day holds nothing: what it comes to is summed up from its posted entries whenever it is asked for.
    """
    _name = 'xero.journal.day'
    _description = "Day of a Journal for Xero"
    _order = 'date desc, journal_id'

    journal_id = fields.Many2one('account.journal', required=True, readonly=True, index=True, ondelete='cascade')
    date = fields.Date(required=True, readonly=True)
    company_id = fields.Many2one(related='journal_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    export_ids = fields.One2many('xero.export', 'day_id', readonly=True)

    _day_uniq = models.UniqueIndex('(journal_id, date)')

    @api.depends('journal_id.code', 'date')
    def _compute_display_name(self):
        for day in self:
            day.display_name = f'{day.journal_id.code} {day._written_date()}'

    def _written_date(self):
        # With the name of the month: the language of a scheduled action may differ from the reader's
        return format_date(self.env, self.date, date_format='d MMM y')

    # === FINDING === #

    @api.model
    def _find(self, keys):
        """Return the existing days of some journals and dates.

        :param keys: pairs of a journal and a date.
        """
        keys = set(keys)
        journals = self.env['account.journal'].union(*(journal for journal, _date in keys))
        days = self.search([('journal_id', 'in', journals.ids), ('date', 'in', list({date for _journal, date in keys}))])
        return days.filtered(lambda day: (day.journal_id, day.date) in keys)

    @api.model
    def _find_or_create(self, keys):
        """Return the days of some journals and dates. Missing ones are created.

        :param keys: see `_find`.
        """
        keys = set(keys)
        days = self._find(keys)
        missing = keys - {(day.journal_id, day.date) for day in days}
        return days | self.create([
            {'journal_id': journal.id, 'date': date} for journal, date in sorted(missing, key=lambda key: (key[1], key[0].id))])

    @api.model
    def _of(self, moves):
        """Return the existing days of entries."""
        return self._find((move.journal_id, move.date) for move in moves)

    def _xero_connection(self):
        """Return the connection of the day, by its journal and company. May be empty."""
        return self.journal_id._xero_connection()

    # === SUMS === #

    @api.model
    def _entries_domain(self):
        """Return the domain of entries that are exported: without those that Xero creates itself, and without the opening entry."""
        opening = self.env['res.company'].sudo().search([('account_opening_move_id', '!=', False)]).account_opening_move_id
        return Domain([
            ('state', '=', 'posted'), ('tax_cash_basis_origin_move_id', '=', False), ('exchange_diff_partial_ids', '=', False),
            ('id', 'not in', opening.ids)])

    def _entries(self):
        """Return the entries of the days."""
        domain = Domain.OR(Domain('journal_id', '=', day.journal_id.id) & Domain('date', '=', day.date) for day in self)
        return self.env['account.move'].search(domain & self._entries_domain(), order='date, id')

    def _sums(self, with_distribution=False):
        """Sum up the items of the days, with one query for all.

        :param bool with_distribution: whether items with different analytic distributions are summed separately.
        :return: dict: day → list of (account, distribution or None, net amount as `Decimal`), without zero amounts.
        """
        sums, days = defaultdict(list), self.grouped(lambda day: (day.journal_id, day.date))
        Account = self.env['account.account']
        for key, account, distribution, balance in self._query(
            days,
            SQL("line.account_id, %s, SUM(line.balance)", SQL("line.analytic_distribution") if with_distribution else SQL("NULL::jsonb")),
            SQL("GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"),
        ):
            amount = round_half_up(to_decimal(balance), 6)
            if amount:
                sums[days[key]].append((Account.browse(account), distribution, amount))
        return sums

    def _totals(self):
        """Return a dict: day → total of its manual journal, the sum of the accounts' net debits."""
        return {
            day: float(sum(amount for _account, _distribution, amount in rows if amount > 0)) for day, rows in self._sums().items()}

    @api.model
    def _turnovers(self, keys):
        """Return a dict: (journal, date) → (number of entries, sum of debits, sum of credits).

        :param keys: pairs of a journal and a date; no record of the day is needed.
        """
        return {
            key: (count, debit or 0, credit or 0) for key, count, debit, credit in self._query(keys, SQL(
                "COUNT(DISTINCT move.id), SUM(GREATEST(line.balance, 0)), SUM(GREATEST(-line.balance, 0))"), SQL("GROUP BY 1, 2"))}

    @api.model
    def _query(self, keys, columns, ending):
        """Return rows of the items of some days: journal id, date, and the given columns."""
        if not keys:
            return []
        journals = {journal.id: journal for journal, _date in keys}
        self.env.flush_all()
        entries = self.env['account.move'].sudo()._search(
            Domain('journal_id', 'in', list(journals)) & Domain('date', 'in', list({date for _journal, date in keys})) & self._entries_domain())
        rows = self.env.execute_query(SQL(
            """SELECT move.journal_id, move.date, %s
                 FROM account_move move
                 JOIN account_move_line line ON line.move_id = move.id
                 JOIN account_account account ON account.id = line.account_id AND account.account_type != 'off_balance'
                WHERE (move.journal_id, move.date) IN %s AND move.id IN %s
                %s""", columns, tuple((journal.id, date) for journal, date in keys), entries.subselect(), ending))
        return [((journals[journal], date), *values) for journal, date, *values in rows]

    # === TIME === #

    def _over_at(self):
        """Return when the day is due (naive UTC): at its end; if that has passed, at the end of today."""
        moment = datetime.combine(max(self.date, self._today(self.company_id)) + timedelta(days=1), DAY_END, self._zone(self.company_id))
        return moment.astimezone(timezone.utc).replace(tzinfo=None)

    @api.model
    def _today(self, company):
        """Return the current date in the company's time zone."""
        return fields.Datetime.now().replace(tzinfo=timezone.utc).astimezone(self._zone(company)).date()

    @api.model
    def _zone(self, company):
        """Return the time zone of the company's address."""
        return ZoneInfo(company.sudo().partner_id.tz or 'UTC')
