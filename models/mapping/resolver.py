from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.tools import SQL

from ...tools.quiet import mute_logger_in_thread
from ...tools.xero_money import to_decimal


class Source(NamedTuple):
    """The Odoo record of a mapping row: enough to find the row, or to create it again after a savepoint was rolled back."""
    type: str
    record: models.BaseModel
    use: str | bool


class LineTarget(NamedTuple):
    """What lines with one account and one set of taxes have in Xero.

    `account` and `tax` are the mapping rows, `problems` are the reasons (`Problem`) why a line cannot have them. `element` has the keys of
    account and tax, as far as they are decided; `percent` is the percentage of the tax rate, None without a rate.
    """
    account: models.BaseModel
    tax: models.BaseModel
    problems: list
    element: dict
    percent: Decimal | None


class Resolver:
    """Finds the mapping rows for documents of one company, each looked up once.

    A row that no document has needed yet is created, and decided if a default applies.
    """

    def __init__(self, mapping_sudo, connection, company):
        self._model, self._connection, self._company = mapping_sudo, connection, company
        rows = mapping_sudo.search_fetch([('connection_id', '=', connection.id), ('company_id', '=', company.id)])
        self._rows = {(row.type, row.source_key): row for row in rows}
        self._problems, self._targets = {}, {}

    @cached_property
    def tracked_plans(self):
        """The analytic plans that go to a tracking category, at most two."""
        return tuple(self._connection._tracked())

    def find(self, mapped_type, source, use=False):
        """Return the row of a source.

        :param str mapped_type: a type of `xero.mapping`.
        :param source: the Odoo record; for `tax` all taxes of a line, which may be none.
        :param str use: the purpose, if the target depends on it: `sale` or `purchase` for taxes, `journal` for an account of a manual
            journal.
        """
        thing = self._model.env[f'xero.mapped.{mapped_type}']
        key = (mapped_type, thing._source_key(source, use))
        if key not in self._rows:
            self._rows[key] = self._create(dict(zip(('type', 'source_key'), key)), thing._prepare_source(source, use))
        row = self._rows[key]
        thing._note_use(row, use)
        return row

    def known(self, mapped_type, source, use=False):
        """Return the row of a source as `find` does, but None if there is none."""
        return self._rows.get((mapped_type, self._model.env[f'xero.mapped.{mapped_type}']._source_key(source, use)))

    def create_missing(self, sources, decides=True):
        """Create the rows of sources that have none, and decide them together. Rows that exist stay as they are, whatever their use.

        :param sources: `Source`s; of several for one row the first counts.
        :param bool decides: whether defaults apply.
        :return: the created rows.
        """
        missing = {}
        for source in sources:
            thing = self._model.env[f'xero.mapped.{source.type}']
            key = (source.type, thing._source_key(source.record, source.use))
            if key not in self._rows:
                missing.setdefault(key, source)
        names = {'connection_id': self._connection.id, 'company_id': self._company.id}
        with mute_logger_in_thread('odoo.sql_db'):
            try:
                with self._model.env.cr.savepoint():
                    rows = self._model.create([{
                        **names, 'type': key[0], 'source_key': key[1],
                        **self._model.env[f'xero.mapped.{source.type}']._prepare_source(source.record, source.use),
                    } for key, source in missing.items()])
            except UniqueViolation:
                # Another transaction has created some of them meanwhile
                return self._model.union(*(self.find(*source) for source in missing.values()))
        if decides:
            rows._decide()
        self._rows.update(zip(missing, rows))
        return rows

    def line_problems(self, account, tax):
        """Return why a line cannot have these two rows: a list of `Problem`."""
        key = (account.id, tax.id)
        if key not in self._problems:
            self._problems[key] = self._model.env['xero.mapped.account']._line_problems(account, tax)
        return self._problems[key]

    def line_target(self, account, taxes, use):
        """Return the `LineTarget` of lines with an account and taxes of Odoo.

        :param str use: as for `find`.
        """
        key = (account.id, taxes._ids, use)
        if key not in self._targets:
            rows = self.find('account', account), self.find('tax', taxes, use)
            self._targets[key] = LineTarget(*rows, self.line_problems(*rows), *self._prepare_target(*rows))
        return self._targets[key]

    @staticmethod
    def _prepare_target(account, tax):
        """Return `element` and `percent` of a `LineTarget`."""
        target, rate, element = account.xero_account_id, tax.xero_tax_rate_id, {}
        if target.code:
            element['AccountCode'] = target.code
        elif target:
            element['AccountID'] = target.xero_id
        if rate:
            element['TaxType'] = rate.tax_type
        return element, to_decimal(rate.rate) if rate else None

    def _create(self, names, source):
        """Create and decide a row, or return the one that another transaction has created meanwhile.

        :param dict names: type and key of the row.
        :param dict source: values that name the Odoo record.
        :raise psycopg2.errors.SerializationFailure: this transaction cannot see the other row, so the whole transaction must be retried.
        """
        names = {'connection_id': self._connection.id, 'company_id': self._company.id, **names}
        cr = self._model.env.cr
        with mute_logger_in_thread('odoo.sql_db'):
            try:
                with cr.savepoint():
                    row = self._model.create({**names, **source})
            except UniqueViolation:
                # PostgreSQL raises a serialization failure here if we cannot see the row; slices and RPC calls are then retried
                columns = SQL(', ').join(map(SQL.identifier, names))
                cr.execute(SQL("INSERT INTO xero_mapping (%s) VALUES %s ON CONFLICT DO NOTHING", columns, tuple(names.values())))
                return self._model.search([(name, '=', value) for name, value in names.items()])
        row._decide()
        return row
