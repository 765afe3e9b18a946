import csv
import functools

from odoo import api, fields, models
from odoo.tools import file_open

# The charts of Odoo with a table of defaults, and the country of the organisations that it is for
CHARTS = {'au': 'AU', 'uk': 'GB', 'nz': 'NZ', 'generic_coa': None}


@functools.cache
def _read_table(chart):
    """Return a table of `data/default_taxes`: template → tax types in Xero, the first that an organisation has counts; none for no counterpart."""
    with file_open(f'account_xero/data/default_taxes/{chart}.csv') as file:
        return {row['template']: tuple(row['tax_type'].split()) for row in csv.DictReader(file)}


class XeroMapping(models.Model):
    """What can be decided without a person: accounts by equal code, taxes by the table of the chart, never by guessing."""
    _inherit = 'xero.mapping'

    def _decide(self):
        """Give the rows the targets that the defaults know; leave the others as they are."""
        for (connection, company), mappings in self.grouped(lambda mapping: (mapping.connection_id, mapping.company_id)).items():
            mappings.filtered(lambda mapping: mapping.type == 'account')._decide_accounts(connection, company)
            mappings.filtered(lambda mapping: mapping.type == 'tax')._decide_taxes(connection, company)
            mappings.filtered(lambda mapping: mapping.type == 'tracking')._decide_tracking()
            mappings.filtered(lambda mapping: mapping.type == 'bank')._decide_banks()

    def _settle(self, target, how):
        self.write({self._target_field(): target.id, 'decided_by': how, 'decided_by_id': False, 'decided_at': fields.Datetime.now()})

    # === ACCOUNTS === #

    def _decide_accounts(self, connection, company):
        codes = {mapping: mapping.account_id.with_company(company).code for mapping in self}
        targets = self.env['xero.account'].search([
            ('connection_id', '=', connection.id), ('status', '=', 'ACTIVE'),
            ('code', 'in', list(filter(None, codes.values())))]).grouped('code')
        for mapping, code in codes.items():
            if len(targets.get(code, ())) == 1 and mapping._can_use(targets[code]):
                mapping._settle(targets[code], 'same_code')

    # === TAXES === #

    def _decide_taxes(self, connection, company):
        if not self:
            return
        rates = self.env['xero.tax.rate'].search([('connection_id', '=', connection.id), ('status', '=', 'ACTIVE')])
        for mapping in self:
            target, how = mapping._default_rate(rates.filtered_domain(mapping._target_domain()))
            if target:
                mapping._settle(target, how)

    def _default_rate(self, rates):
        """Choose a tax rate.

        :param rates: those that the row could go to.
        :return: tuple of the rate, or an empty record, and how it was decided.
        """
        if len(self.tax_ids) > 1:
            return rates.browse(), False
        table = self._default_taxes((self.tax_ids.company_id or self.company_id).root_id.chart_template, self.connection_id)
        template = self._tax_template()
        if template in table:
            by_type = rates.grouped('tax_type')
            target = next((by_type[tax_type] for tax_type in table[template] if tax_type in by_type), rates.browse())
            if target and self._charges_like(target):
                return target, 'default_table'
            if not table[template]:
                return rates.browse(), False
        return self._only_match(rates), 'only_match'

    @api.model
    def _default_taxes(self, chart, connection):
        """Return the table of a chart for an organisation: template of a tax (`''` for no tax) → tuple of Xero's tax types.

        An empty tuple says that Xero has no counterpart. Made to be extended for other charts.
        """
        if chart not in CHARTS or CHARTS[chart] not in (None, connection.country_code):
            return {}
        return _read_table(chart)

    def _tax_template(self):
        """Return the id that the tax has in its chart, `''` for no tax, None for a tax that no chart made."""
        tax = self.tax_ids
        if not tax:
            return ''
        prefix = f'account.{tax.company_id.id}_'
        return next((xml_id.removeprefix(prefix) for xml_id in tax._get_external_ids()[tax.id] if xml_id.startswith(prefix)), None)

    def _charged_percent(self):
        """Return the percent that the tax adds to a document: nothing for a reverse charge, None where it is no percentage."""
        tax = self.tax_ids
        if not tax:
            return 0.0
        if tax.amount_type not in ('percent', 'division') or (tax.amount_type == 'division' and tax.amount):
            return None
        factor = sum(tax.invoice_repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax').mapped('factor_percent'))
        return tax.amount * factor / 100

    def _charges_like(self, rate):
        """Tell whether tax and rate come to the same, so that a rate edited on either side is not taken for another."""
        percent = self._charged_percent()
        return percent is not None and rate._charges(percent)

    def _is_plain(self):
        """Tell whether each tax goes to one account as a whole.

        What is deductible in part is not like a rate of the same percentage, which claims all of it.
        """
        return all(
            tax.invoice_repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax').mapped('factor_percent') == [100]
            for tax in self.tax_ids.flatten_taxes_hierarchy())

    def _only_match(self, rates):
        """Return the rate with the tax's percentage, if exactly one rate and exactly one tax of that use have it and it is not 0."""
        tax, percent = self.tax_ids, self._charged_percent()
        if not tax or not percent or percent < 0 or not self._is_plain():
            return rates.browse()
        twins = self.env['account.tax'].search([
            *self.env['account.tax']._check_company_domain(self.company_id), ('type_tax_use', '=', self.use), ('amount', '=', tax.amount)])
        account_class = 'REVENUE' if self.use == 'sale' else 'EXPENSE'
        targets = rates.filtered(lambda rate: account_class in rate.applies_to and self._charges_like(rate))
        return targets if twins == tax and len(targets) == 1 else rates.browse()
