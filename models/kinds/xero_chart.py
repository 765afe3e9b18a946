from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..connection.xero_connection_policy import LEDGER_MODES
from ..mapping.resolver import Source
from ..mapping.xero_mapped_account import CLEARED_TYPES
from .xero_document_amounts import BASES, PRIVATE_TAX, is_separate_line, rate_taxes

RECENT = timedelta(days=365)    # whose documents count
# Fields of companies and products, by the use of a document
DEFAULT_TAX = {'sale': 'account_sale_tax_id', 'purchase': 'account_purchase_tax_id'}
PRODUCT_FIELDS = {
    'sale': ('sale_ok', 'taxes_id', 'property_account_income_id', 'property_account_income_categ_id', 'income_account_id'),
    'purchase': ('purchase_ok', 'supplier_taxes_id', 'property_account_expense_id', 'property_account_expense_categ_id', 'expense_account_id'),
}


class XeroChart(models.AbstractModel):
    """*Map the chart now*: the rows of the mapping that documents will need, made before a document fails because of them."""
    _name = 'xero.chart'
    _description = "Chart of Accounts to Map to Xero"

    @api.model
    def _map(self, connection, is_whole=False):
        """Create and decide the missing rows for the accounts and taxes of recent posted documents, and of new ones: those of products, journals
        and companies. Rows that exist stay as they are.

        :param connection: one `xero.connection`, whose lists were read from Xero.
        :param bool is_whole: also for all other active accounts and taxes.
        :return: the created `xero.mapping` in sudo.
        """
        connection, Mapping = connection.sudo(), self.env['xero.mapping'].sudo()
        wanted = self.sudo()._sources(connection, is_whole)
        return Mapping.union(*(
            Mapping._prefetch_for(connection, company).create_missing(sources) for company, sources in wanted.items()))

    @api.model
    def _count(self, connections, suggested_most=None):
        """Return the numbers of the rows of connections that the user may read: dict with `decided`, `suggested` and `open`.

        `suggested` are rows without a decision that have a suggestion, `open` those without one.

        :param int suggested_most: if more rows than this are not decided, all of them count as open, because each suggestion costs a
            comparison of names; None for no limit.
        """
        Mapping = self.env['xero.mapping']
        domain = Domain('connection_id', 'in', connections.ids)
        counts = dict(Mapping._read_group(domain, ['is_decided'], ['__count']))
        undecided, suggested = counts.get(False, 0), 0
        if undecided and (suggested_most is None or undecided <= suggested_most):
            suggested = len(Mapping.search(domain & Domain('is_decided', '=', False)).filtered('suggestion'))
        return {'decided': counts.get(True, 0), 'suggested': suggested, 'open': undecided - suggested}

    # === SOURCES === #

    def _sources(self, connection, is_whole):
        """Return a dict: company → list of `Source`. What documents need stands first, because an account has one row for all uses."""
        documents, ledger = (connection._journals_in(modes) for modes in (('document',), LEDGER_MODES))
        found = defaultdict(list)
        for company, source in (
            *self._of_documents(connection, documents), *self._of_new_documents(connection, documents), *self._of_ledger(ledger),
            *(self._of_chart(connection, documents, ledger) if is_whole else ()),
        ):
            found[company].append(source)
        return found

    def _of_documents(self, connection, journals):
        """Yield pairs of a company and a `Source` for the lines of posted documents, as `DocumentAmounts` splits them."""
        uses = {
            move_type: 'sale' if kind._is_sale else 'purchase'
            for kind in self.env['xero.kind']._all() for move_type in (kind._exported_move_types(connection) if kind._move_types else ())}
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            """SELECT move.company_id, move.move_type, line.account_id, line.tax_line_id, line.display_type,
                      ARRAY(SELECT account_tax_id FROM account_move_line_account_tax_rel WHERE account_move_line_id = line.id ORDER BY 1) AS taxes
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                WHERE line.journal_id = ANY(%s) AND line.parent_state = 'posted' AND line.date >= %s AND move.move_type = ANY(%s)
                  AND (line.display_type = ANY(%s) OR line.tax_line_id IS NOT NULL)
             GROUP BY 1, 2, 3, 4, 5, 6
             ORDER BY 1, 2, 3, 4, 5, 6""",
            journals.ids, self._since(), list(uses), [*BASES, PRIVATE_TAX]))
        Account, Tax = self.env['account.account'], self.env['account.tax']
        # Taxes on a separate tax are in the groups of the lines with that tax
        groups = defaultdict(dict)
        for company_id, move_type, *_ids, taxes in rows:
            groups[company_id, uses[move_type]].setdefault(rate_taxes(Tax.browse(taxes)).flatten_taxes_hierarchy(), rate_taxes(Tax.browse(taxes)))
        for company_id, move_type, account_id, tax_id, display_type, taxes in rows:
            use, own_tax = uses[move_type], Tax.browse(tax_id)
            if display_type == PRIVATE_TAX:
                rate = Tax
            elif not own_tax:
                rate = rate_taxes(Tax.browse(taxes))
            elif is_separate_line(own_tax):
                rate = rate_taxes(Tax.browse(taxes))
                rate = groups[company_id, use].get(rate.flatten_taxes_hierarchy(), rate)
            else:
                continue
            company = self.env['res.company'].browse(company_id)
            yield company, Source('account', Account.browse(account_id), False)
            yield company, Source('tax', rate, use)

    def _of_ledger(self, journals):
        """Yield pairs of a company and a `Source` for the items of entries that are sent as manual journals."""
        entries = self.env['xero.journal.day']._entries_domain()
        groups = self.env['account.move.line']._read_group(
            [('journal_id', 'in', journals.ids), ('date', '>=', self._since()), ('account_id', '!=', False), ('move_id', 'any', entries)],
            ['company_id', 'account_id'])
        for company, account in groups:
            yield company, Source('account', account, 'journal')

    def _of_new_documents(self, connection, journals):
        """Yield pairs of a company and a `Source` for what new documents get: from products, from journals, and from the company."""
        for company, uses in self._uses(connection, journals).items():
            for use, own_journals in uses.items():
                default_taxes = rate_taxes(company[DEFAULT_TAX[use]] or company.root_id[DEFAULT_TAX[use]])
                accounts = own_journals.default_account_id | self._product_accounts(company, use)
                for account in accounts.filtered('active'):
                    yield company, Source('account', account, False)
                for taxes in filter(None, dict.fromkeys((default_taxes, *self._product_taxes(company, use)))):
                    yield company, Source('tax', taxes, use)

    def _of_chart(self, connection, documents, ledger):
        """Yield pairs of a company and a `Source` for all active accounts and taxes of the companies."""
        uses = self._uses(connection, documents)
        for company in self._companies(connection, documents | ledger):
            in_ledger = any(journal.company_id in company.parent_ids for journal in ledger)
            accounts = self.env['account.account'].with_company(company).search([
                *self.env['account.account']._check_company_domain(company), ('account_type', '!=', 'off_balance')])
            for account in accounts:
                # Lines of documents never have the accounts that need clearing accounts
                if uses.get(company) and account.account_type not in CLEARED_TYPES:
                    yield company, Source('account', account, False)
                elif in_ledger:
                    yield company, Source('account', account, 'journal')
            for tax in self.env['account.tax'].search([
                *self.env['account.tax']._check_company_domain(company), ('type_tax_use', 'in', list(uses.get(company, ())))]):
                if rate_taxes(tax):
                    yield company, Source('tax', rate_taxes(tax), tax.type_tax_use)

    def _since(self):
        return fields.Date.context_today(self) - RECENT

    # === COMPANIES AND PRODUCTS === #

    def _companies(self, connection, journals):
        """Return the companies whose documents a connection exports from some journals: theirs, and branches without other journals."""
        branches = self.env['res.company'].search([('id', 'child_of', connection.company_ids.ids)])
        return journals.company_id | branches.filtered(lambda company: company._xero_connection() == connection)

    def _uses(self, connection, journals):
        """Return a dict: company → dict use (`sale`, `purchase`) → its journals among some."""
        uses = defaultdict(dict)
        for company in self._companies(connection, journals):
            for use, own_journals in journals.filtered_domain([('company_id', 'in', company.parent_ids.ids)]).grouped('type').items():
                uses[company][use] = own_journals
        return uses

    def _products(self, company, use):
        """Return a tuple of the products of a company, as a model in that company and a domain."""
        Template = self.env['product.template'].with_company(company)
        return Template, Domain(Template._check_company_domain(company)) & Domain(PRODUCT_FIELDS[use][0], '=', True)

    def _product_accounts(self, company, use):
        """Return the accounts that lines with products get, as `product.template._get_product_accounts` finds them."""
        Template, domain = self._products(company, use)
        _flag, _taxes, of_product, of_category, of_company = PRODUCT_FIELDS[use]
        accounts = self.env['account.account']
        for account, category in Template._read_group(domain, [of_product, 'categ_id']):
            accounts |= account or category[of_category] or company[of_company]
        return accounts

    def _product_taxes(self, company, use):
        """Yield the sets of taxes that lines with products get, without the empty one: then the taxes of the account count."""
        Template, domain = self._products(company, use)
        field = Template._fields[PRODUCT_FIELDS[use][1]]
        products = Template._search(domain)
        rows = self.env.execute_query(SQL(
            "SELECT DISTINCT ARRAY_AGG(%(tax)s ORDER BY %(tax)s) FROM %(table)s WHERE %(product)s IN %(products)s GROUP BY %(product)s",
            tax=SQL.identifier(field.column2), product=SQL.identifier(field.column1), table=SQL.identifier(field.relation), products=products.subselect()))
        for [ids] in rows:
            taxes = self.env['account.tax'].browse(ids).filtered('active')._filter_taxes_by_company(company)
            if rate_taxes(taxes):
                yield rate_taxes(taxes)
