import csv
import functools
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, file_open, float_compare

from ...const import NAME_LENGTH
from ...tools.xero_money import dumps, json_number, to_decimal
from ...tools.xero_text import clean_line
from ..reference.xero_reference_mixin import ACTIVE
from ..reference.xero_tax_rate import RATE_DIGITS
from .xero_mapped import LIKENESS

# Odoo's charts of accounts that have a table of defaults, and the country of the organisations to which it applies (None: all)
CHARTS = {'au': 'AU', 'uk': 'GB', 'nz': 'NZ', 'generic_coa': None}
# The type of a new rate on the country's tax return, by use and by whether it is more than 0 %. Xero requires `ReportTaxType` in these
# countries only: https://developer.xero.com/documentation/api/accounting/taxrates
REPORT_TYPES = {
    'AU': {('sale', True): 'OUTPUT', ('sale', False): 'EXEMPTOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'EXEMPTEXPENSES'},
    'NZ': {('sale', True): 'OUTPUT', ('sale', False): 'ZERORATEDOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'NONE'},
    'GB': {('sale', True): 'OUTPUT', ('sale', False): 'ZERORATEDOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'ZERORATEDINPUT'},
}


@functools.cache
def _read_table(chart):
    """Return a table of `data/default_taxes`: dict template → tuple of Xero's tax types.

    The first type that the organisation has is used. An empty tuple means that Xero has no counterpart.
    """
    with file_open(f'account_xero/data/default_taxes/{chart}.csv') as file:
        return {row['template']: tuple(row['tax_type'].split()) for row in csv.DictReader(file)}


class XeroMappedTax(models.AbstractModel):
    """Sets of taxes: all taxes of a line, or none, are one tax rate in Xero. Sales and purchases have separate rows."""
    _name = 'xero.mapped.tax'
    _inherit = 'xero.mapped'
    _description = "Taxes Mapped to Xero"

    _source_field = 'tax_ids'
    _target_field = 'xero_tax_rate_id'
    _suggestion_field = 'suggested_tax_rate_id'
    _cause = 'tax'
    _source_depends = ('tax_ids.name',)
    _domain_depends = ('use',)
    _usable_depends = ('xero_tax_rate_id.use',)
    _reference_list = 'tax_rates'
    _answer_list = 'TaxRates'

    # === IN ODOO === #

    def _source_key(self, source, use):
        return f"{use}:{','.join(map(str, sorted(source.ids)))}"

    def _prepare_source(self, source, use):
        return {'tax_ids': sorted(source.ids), 'use': use}

    def _describe(self, mapping):
        return ' + '.join(mapping.tax_ids.mapped('name')) or self.env._("No tax")

    def _likeness(self, mapping):
        return (mapping.use, tuple(sorted((tax.name, tax.amount_type, tax.amount) for tax in mapping.tax_ids)))

    def _line_condition(self, mapping):
        if not mapping.tax_ids:
            return SQL(
                "line.display_type = 'product' AND NOT EXISTS (SELECT FROM account_move_line_account_tax_rel rel WHERE rel.account_move_line_id = line.id)")
        return SQL(
            "EXISTS (SELECT FROM account_move_line_account_tax_rel rel WHERE rel.account_move_line_id = line.id AND rel.account_tax_id = ANY(%s))",
            mapping.tax_ids.ids)

    # === IN XERO === #

    def _target_domain(self, mapping, connection):
        return Domain('use', 'in', (mapping.use, False))

    def _find_twin(self, mapping, connection, target):
        """Compare percentages too: the tax type of a custom rate can mean another rate in another organisation."""
        rates = target.search(mapping._target_domain(connection)).filtered(lambda rate: rate._is_same(target))
        return rates if len(rates) == 1 else rates.browse()

    # === DECISIONS === #

    def _decide(self, mappings):
        """Set the rate from the chart's table, else the only one with the percentage. If several rates have it, leave the row undecided."""
        rates = self.env['xero.tax.rate'].search([('connection_id', '=', mappings.connection_id.id), ('status', '=', ACTIVE)])
        for mapping in mappings:
            target, how = self._default_rate(mapping, rates.filtered_domain(mapping._target_domain()))
            if target:
                mapping._set_target(target, how)

    def _default_rate(self, mapping, rates):
        """Return a tuple of the certain rate, or an empty record, and how it was decided.

        :param rates: those that the row may use.
        """
        taxes = mapping.tax_ids
        if len(taxes) > 1:
            return rates.browse(), False
        table = self._default_taxes((taxes.company_id or mapping.company_id).root_id.chart_template, mapping.connection_id)
        template = self._template(taxes)
        if template in table:
            by_type = rates.grouped('tax_type')
            target = next((by_type[tax_type] for tax_type in table[template] if tax_type in by_type), rates.browse())
            if target and self._charges_like(taxes, target):
                return target, 'default_table'
            if not table[template]:
                return rates.browse(), False
        return self._only_match(mapping, rates), 'only_match'

    @api.model
    def _default_taxes(self, chart, connection):
        """Return the table of a chart for an organisation: dict template of a tax (`''` for no tax) → tuple of Xero's tax types.

        An empty tuple means that Xero has no counterpart. Other add-ons can extend this method for further charts.
        """
        if chart not in CHARTS or CHARTS[chart] not in (None, connection.country_code):
            return {}
        return _read_table(chart)

    def _template(self, tax):
        """Return the id of a tax in its chart of accounts, `''` for no tax, None for a tax that no chart created."""
        if not tax:
            return ''
        prefix = f'account.{tax.company_id.id}_'
        return next((xml_id.removeprefix(prefix) for xml_id in tax._get_external_ids()[tax.id] if xml_id.startswith(prefix)), None)

    def _charged_percent(self, tax):
        """Return the percentage that a tax, or none, adds to a document: 0 for a reverse charge, None for a tax that is no percentage."""
        if not tax:
            return 0.0
        if tax.amount_type not in ('percent', 'division') or (tax.amount_type == 'division' and tax.amount):
            return None
        factor = sum(tax.invoice_repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax').mapped('factor_percent'))
        return tax.amount * factor / 100

    def _charges_like(self, tax, rate):
        """Return whether tax and rate have the same percentage. They differ if one of them was edited."""
        percent = self._charged_percent(tax)
        return percent is not None and rate._charges(percent)

    def _is_plain(self, taxes):
        """Return whether the whole amount of each tax goes to one account.

        A partly deductible tax differs from a rate with the same percentage, which is fully deductible.
        """
        return all(
            tax.invoice_repartition_line_ids.filtered(lambda line: line.repartition_type == 'tax').mapped('factor_percent') == [100]
            for tax in taxes.flatten_taxes_hierarchy())

    def _only_match(self, mapping, rates):
        """Return the rate with the tax's percentage, if exactly one rate and exactly one tax of that use have it and it is not 0."""
        tax = mapping.tax_ids
        percent = self._charged_percent(tax)
        if not tax or not percent or percent < 0 or not self._is_plain(tax):
            return rates.browse()
        twins = self.env['account.tax'].search([
            *self.env['account.tax']._check_company_domain(mapping.company_id), ('type_tax_use', '=', mapping.use), ('amount', '=', tax.amount)])
        account_class = 'REVENUE' if mapping.use == 'sale' else 'EXPENSE'
        targets = rates.filtered(lambda rate: account_class in rate.applies_to and self._charges_like(tax, rate))
        return targets if twins == tax and len(targets) == 1 else rates.browse()

    def _suggest(self, mapping, targets):
        """Compare names among the rates with the same percentage. If only one rate has it, its name does not matter."""
        percent = self._added_percent(mapping.tax_ids)
        if percent and not self._is_plain(mapping.tax_ids):
            return targets.browse()
        alike = targets.filtered(lambda rate: rate._charges(percent))
        return self._most_similar(mapping.source_name, alike, 0 if len(alike) == 1 else LIKENESS)

    def _suggestion_words(self, mapping, target):
        if any(self._similar(mapping.source_name, target)):
            return self.env._("Same percentage, similar name")
        return self.env._("The only rate with this percentage")

    def _added_percent(self, taxes):
        """Return the percentage that taxes add to a net amount. Taxes that cannot be part of a rate have no row (`rate_taxes`)."""
        # Rounding to the currency would cut off digits of the percentage
        amounts = taxes.with_context(round_base=False).compute_all(
            100.0, handle_price_include=False, rounding_method='round_globally')
        return amounts['total_included'] - amounts['total_excluded']

    # === PROBLEMS === #

    def _undecided_words(self, mapping, names):
        if mapping.use == 'sale':
            return self.env._(
                "“%(item)s” on sales has no tax rate in Xero yet. Choose it in the mapping of %(connection)s; the document is then "
                "sent automatically.", **names)
        return self.env._(
            "“%(item)s” on purchases has no tax rate in Xero yet. Choose it in the mapping of %(connection)s; the document is then "
            "sent automatically.", **names)

    # === CREATION IN XERO === #

    def _can_create(self, mapping):
        return bool(self._components(mapping.tax_ids))

    def _components(self, taxes):
        """Return the `TaxComponents` that together add the same tax as these taxes; an empty list if a rate cannot do that."""
        charged, taxes = self._added_percent(taxes), taxes.flatten_taxes_hierarchy()
        if not taxes or not self._is_plain(taxes) or any(tax.amount_type != 'percent' for tax in taxes):
            return []
        amounts = [to_decimal(tax.amount) for tax in taxes]
        plain, last = sum(amounts[:-1], Decimal(0)), amounts[-1]
        for is_compound, rate in ((False, plain + last), (True, plain + last * (1 + plain / 100))):
            if float_compare(float(rate), charged, precision_digits=RATE_DIGITS) == 0:
                return [
                    {'Name': clean_line(tax.name, NAME_LENGTH), 'Rate': json_number(amount), 'IsCompound': is_compound and tax == taxes[-1]}
                    for tax, amount in zip(taxes, amounts)]
        return []

    def _prepare_creation(self, mapping, name):
        taxes = mapping.tax_ids
        report_type = REPORT_TYPES.get(mapping.connection_id.country_code, {}).get((mapping.use, bool(self._added_percent(taxes))))
        return {'Name': name, 'TaxComponents': self._components(taxes), **({'ReportTaxType': report_type} if report_type else {})}

    def _creation_request(self, mapping):
        components = [{**component, 'Rate': Decimal(component['Rate'])} for component in mapping.creation['TaxComponents']]
        return 'TaxRates', dumps({'TaxRates': [{**mapping.creation, 'TaxComponents': components}]})

    def _creation_details(self, mapping, element):
        details = [
            self.env._("A tax rate of %(percent)s %%", percent=f'{self._added_percent(mapping.tax_ids) or 0:.6g}'),
            *(self.env._("%(name)s: %(rate)s %%", name=component['Name'], rate=component['Rate'])
              + (self.env._(", on top of the others") if component['IsCompound'] else '') for component in element['TaxComponents'])]
        if report_type := element.get('ReportTaxType'):
            details.append(
                self.env._("Xero's tax return reports it under purchases (%(type)s)", type=report_type) if mapping.use == 'purchase'
                else self.env._("Xero's tax return reports it under sales (%(type)s)", type=report_type))
        return details

    def _name_domain(self, mapping):
        """Return all active rates: the name of a rate is unique among sales and purchases."""
        return Domain('connection_id', '=', mapping.connection_id.id) & Domain('status', '=', ACTIVE)

    def _is_wanted(self, mapping, target):
        return target.use in (mapping.use, False) and target._charges(self._added_percent(mapping.tax_ids))

    def _name_trouble(self, mapping, name):
        other = mapping._targets_named(name).filtered(lambda rate: not self._is_wanted(mapping, rate))[:1]
        if other and other.use not in (mapping.use, False):
            return self.env._(
                "Xero already has a tax rate %(rate)s, which is not for these documents. Create it under another name.", rate=other.name)
        if other:
            return self.env._(
                "Xero already has a tax rate %(rate)s, of %(percent)s %%. Create it under another name.",
                rate=other.name, percent=f'{other.rate:.6g}')
        return ''
