import re

from odoo import fields, models
from odoo.tools import float_compare

from .xero_reference_mixin import ACTIVE

# A rate can be used with an account if it applies to the account's class
APPLIES_TO = {
    'CanApplyToAssets': 'ASSET',
    'CanApplyToEquity': 'EQUITY',
    'CanApplyToExpenses': 'EXPENSE',
    'CanApplyToLiabilities': 'LIABILITY',
    'CanApplyToRevenue': 'REVENUE',
}
# With these rates the buyer accounts for the tax: no tax is added to the document, although Xero shows a percentage
SELF_ASSESSED = ('DRCHARGE20', 'DRCHARGE5', 'DRCHARGESUPPLY20', 'DRCHARGESUPPLY5', 'REVERSECHARGES', 'ECACQUISITIONS')
RATE_DIGITS = 4


class XeroTaxRate(models.Model):
    """Reference data: a tax rate in Xero, as last read. Lines refer to `tax_type`, never to the name, which people can edit."""
    _name = 'xero.tax.rate'
    _description = "Xero Tax Rate"
    _inherit = ['xero.reference.mixin']
    _order = 'connection_id, name'
    _rec_names_search = ['name', 'tax_type']
    _xero_key = 'tax_type'
    _code_field = 'tax_type'

    tax_type = fields.Char(string="Code", required=True, readonly=True, help="The TaxType of Xero's interface.")
    name = fields.Char(readonly=True)
    rate = fields.Float(string="Effective rate (%)", digits=(16, 4), readonly=True)
    components = fields.Json(readonly=True, help="Name, rate in percent as exact text, and whether it is compound, of each component.")
    use = fields.Selection(
        [('sale', "Sales"), ('purchase', "Purchases")], readonly=True, help="The documents that the rate is for; empty means both.")
    applies_to = fields.Json(readonly=True, help="The account classes that the rate may be used with.")

    _tax_type_uniq = models.UniqueIndex('(connection_id, tax_type)')

    def _values(self, element):
        """Return the values of an element of `GET TaxRates`."""
        applies_to = [account_class for flag, account_class in APPLIES_TO.items() if element.get(flag)]
        # Xero refuses a rate for income on a bill and a rate for expenses on an invoice; only the classes show which one a rate is
        is_income, is_expense = 'REVENUE' in applies_to, 'EXPENSE' in applies_to
        return {
            'tax_type': element['TaxType'],
            'name': element.get('Name') or False,
            'rate': float(element.get('EffectiveRate') or 0),
            'components': [
                {
                    'name': component.get('Name'),
                    'rate': str(component.get('Rate') or 0),
                    'compound': bool(component.get('IsCompound')),
                    'non_recoverable': bool(component.get('IsNonRecoverable')),
                }
                for component in element.get('TaxComponents') or []
            ],
            'status': element.get('Status') or ACTIVE,
            'use': False if is_income == is_expense else 'sale' if is_income else 'purchase',
            'applies_to': applies_to,
        }

    def _is_custom(self):
        """Return whether the organisation created it: its tax type is a number that means another rate in each organisation."""
        return bool(re.fullmatch(r'TAX\d+', self.tax_type))

    def _is_same(self, rate):
        """Return whether another organisation's rate is the same: it has the same percentage, and the same tax type or name."""
        if not self._charges(rate._charged_percent()):
            return False
        if rate._is_custom():
            return (self.name or '').strip().casefold() == (rate.name or '').strip().casefold()
        return self.tax_type == rate.tax_type

    def _charged_percent(self):
        """Return the percent that the rate adds to a document."""
        return 0.0 if self.tax_type in SELF_ASSESSED else self.rate

    def _charges(self, percent):
        """Return whether the rate adds that percentage to a document."""
        return float_compare(percent, self._charged_percent(), precision_digits=RATE_DIGITS) == 0
