"""Tax rates made through the API: ``TAX001`` and so on. Those of the country are Xero's own and stay as they are."""
from decimal import Decimal

from ..state import RULES, applies_to
from . import money

SYSTEM = 'System tax rates cannot be changed.'


class TaxRates:
    """The tax rates of one organisation, seen by one call. One per request."""

    collection, id_key, error_flag = 'TaxRates', None, None

    def __init__(self, call):
        self._organisation, self._rates = call.organisation, call.organisation.tax_rates

    def shown(self, rate):
        return rate

    def save(self, values, create_only, key=None):
        """Create a rate, or change the one with this tax type or name.

        :return: (rate or None, errors, warnings)
        """
        known = None if create_only else self._match(values)
        if known and not known.get('_own'):
            return None, [SYSTEM], []
        if known and known['Status'] == 'DELETED':
            return None, ['A deleted tax rate cannot be changed.'], []
        errors = self._errors(values, known)
        if errors:
            return None, errors, []
        rate = known or {'TaxType': self._next_type(), 'Status': 'ACTIVE', '_own': True}
        rate |= {key: value for key, value in values.items() if key not in ('TaxType', 'TaxComponents')}
        if 'TaxComponents' in values:
            rate['TaxComponents'] = [
                {'IsCompound': False, 'IsNonRecoverable': False} | part | {'Rate': money.rounded(part['Rate'], 4)}
                for part in values['TaxComponents']]
            rate['EffectiveRate'] = rate['DisplayTaxRate'] = _effective(rate['TaxComponents'])
        rate |= applies_to(self._report_types().get(rate.get('ReportTaxType'), 'AEXLR'))
        self._rates[rate['TaxType']] = rate
        return rate, [], []

    def _match(self, values):
        return self._rates.get(values.get('TaxType')) or self._by_name(values.get('Name', ''))

    def _by_name(self, name):
        return next((rate for rate in self._rates.values() if (
            rate.get('Name', '').casefold() == name.casefold() and rate['Status'] != 'DELETED')), None)

    def _report_types(self):
        """:return: the report types of the organisation's country, each with the classes of account it may be used for; none elsewhere"""
        return RULES['report_tax_types'].get(self._organisation.country, {})

    def _next_type(self):
        return next(code for code in (f'TAX{number:03d}' for number in range(1, 1000)) if code not in self._rates)

    def _errors(self, values, known):
        errors = []
        if not known or 'Name' in values:
            errors += self._name_errors(values.get('Name', ''), known)
        if not known or 'TaxComponents' in values:
            errors += _component_errors(values.get('TaxComponents', []))
        report_types, report_type = self._report_types(), values.get('ReportTaxType')
        if report_types and not known and not report_type:
            errors.append('The ReportTaxType field is mandatory.')
        elif report_type and report_type not in report_types:
            errors.append(f"The ReportTaxType '{report_type}' is not valid for this organisation.")
        return errors

    def _name_errors(self, name, known):
        if not name.strip():
            return ['The Name field is mandatory.']
        return ['Please enter a unique Name.'] if self._by_name(name) not in (None, known) else []


def _component_errors(components):
    if not components:
        return ['At least one tax component must be specified.']
    if not all(part.get('Name') and part.get('Rate', Decimal(-1)) >= 0 for part in components):
        return ['Each tax component must have a name and a rate that is not negative.']
    if sum(part.get('IsCompound', False) for part in components) > 1:
        return ['Only one tax component can be compound.']
    return []


def _effective(components):
    """:return: the rate in percent; a compound part is taken on the amount with all others"""
    plain = sum((part['Rate'] for part in components if not part['IsCompound']), Decimal(0))
    compound = sum((part['Rate'] for part in components if part['IsCompound']), Decimal(0))
    return money.rounded(plain + compound * (1 + plain / money.HUNDRED), 4)
