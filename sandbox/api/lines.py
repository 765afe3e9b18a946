"""Document lines: accounts, taxes, amounts."""
import uuid
from dataclasses import dataclass
from decimal import Decimal

from ..state import RULES
from . import money
from .errors import unhandled

AMOUNT_KEYS = {'Quantity', 'UnitAmount', 'LineAmount', 'TaxAmount', 'AccountCode', 'AccountID', 'ItemCode', 'TaxType'}
CLASS_FLAG = {
    'ASSET': 'CanApplyToAssets', 'EQUITY': 'CanApplyToEquity', 'EXPENSE': 'CanApplyToExpenses', 'LIABILITY': 'CanApplyToLiabilities',
    'REVENUE': 'CanApplyToRevenue',
}


@dataclass
class LineReader:
    """Checks and computes the lines of one document.

    :param organisation: whose accounts and taxes count
    :param mode: ``Exclusive``, ``Inclusive`` or ``NoTax``
    :param approved: whether the document becomes AUTHORISED
    :param discounts: whether the document type may carry discounts
    :param unitdp: decimals of the unit price
    """
    organisation: object
    mode: str
    approved: bool
    discounts: bool
    unitdp: int

    def read(self, sent, known=None):
        """:param sent: values of one line; :param known: the stored line that it changes

        :return: (line, errors)
        """
        values = self._carried(known) | sent if known else sent
        line = {
            'LineItemID': known['LineItemID'] if known else str(uuid.uuid4()),
            'Description': values.get('Description', ''),
            'Tracking': self._tracking(values.get('Tracking', [])),
        }
        errors = []
        if len(line['Description']) > 4000:
            errors.append('The description field exceeds the maximum length of 4000 characters.')
        if self.approved and not line['Description'].strip():
            errors.append('The description field is mandatory for each line item.')
        if not values.keys() & AMOUNT_KEYS:
            return line | {'LineAmount': Decimal(0), 'TaxAmount': Decimal(0)}, errors
        account, account_errors = self._account(values)
        rate, tax_errors = self._tax(values, account)
        errors += account_errors + tax_errors
        if 'ItemCode' in values:
            errors.append(f"Item code '{values['ItemCode']}' is not valid")
        errors += self._amounts(line, values, rate)
        if account:
            line |= {'AccountCode': account['Code'], 'AccountID': account['AccountID']}
        return line, errors

    def _carried(self, known):
        """What of a stored line stays when a change does not name it: not what is computed."""
        kept = {key: known[key] for key in (
            'Description', 'Quantity', 'UnitAmount', 'AccountID', 'TaxType', 'DiscountRate', 'DiscountAmount') if key in known}
        if kept.get('TaxType') not in self.organisation.tax_rates:     # of a document without tax
            kept.pop('TaxType', None)
        return kept | {'Tracking': [
            {key: option[key] for key in ('TrackingCategoryID', 'TrackingOptionID')} for option in known['Tracking']]}

    def _account(self, values):
        """:return: (account or None, errors)"""
        if values.get('AccountCode'):
            code = values['AccountCode']
            account = self.organisation.account('Code', code)
        elif values.get('AccountID'):
            account = self.organisation.account('AccountID', values['AccountID'])
            code = account['Code'] if account else values['AccountID']
        else:
            return None, ['Account code or ID must be specified'] if self.approved else []
        if account and account['Status'] == 'ARCHIVED':
            return None, [f"Account code '{code}' has been archived, or has been deleted. "
                          'Each line item must reference a valid account.']
        if (
            not account
            or account['Type'] in RULES['refused_account_types']
            or account.get('SystemAccount') in RULES['refused_system_accounts']
        ):
            return None, [f"Account code '{code}' is not a valid code for this document."]
        return account, []

    def _tax(self, values, account):
        """:return: (tax rate or None, errors)"""
        tax_type = values.get('TaxType') or (account or {}).get('TaxType')
        if self.mode == 'NoTax' or not tax_type:
            return None, []
        rate = self.organisation.tax_rates.get(tax_type)
        errors = []
        if not rate or rate['Status'] != 'ACTIVE':
            errors.append(f'The TaxType code {tax_type} does not exist or cannot be used for this type of transaction.')
        if account and (errors or not rate[CLASS_FLAG[account['Class']]]):
            errors.append(f"The TaxType code '{tax_type}' cannot be used with account code '{account['Code']}'.")
        return rate, errors

    def _amounts(self, line, values, rate):
        """Fill the amounts of ``line``; :return: errors"""
        errors = []
        quantity = money.rounded(values.get('Quantity', Decimal(1)), 4)
        if quantity < 0:
            errors.append(f"The quantity value '{quantity:.4f}' is invalid. Quantity must not be less than zero.")
        if 'UnitAmount' in values:
            unit = money.rounded(values['UnitAmount'], self.unitdp)
        else:
            unit = money.rounded(values.get('LineAmount', Decimal(0)) / (quantity or 1), self.unitdp)
        gross = money.line_amount(quantity, unit)
        discount_rate, discount_amount = values.get('DiscountRate'), values.get('DiscountAmount')
        if discount_rate is not None or discount_amount is not None:
            errors += self._discount_errors(gross, discount_rate, discount_amount)
        if discount_rate is not None:
            discount_rate = line['DiscountRate'] = money.rounded(discount_rate)
        elif discount_amount is not None:
            discount_amount = line['DiscountAmount'] = money.rounded(discount_amount)
        amount = money.line_amount(quantity, unit, discount_rate, discount_amount)
        sent = values.get('LineAmount')
        if sent is not None and money.rounded(sent) != amount:
            errors.append(f'The line total {money.rounded(sent)} does not match the expected line total {amount}')
        tax_type = rate['TaxType'] if rate else 'NONE' if self.mode == 'NoTax' else None
        tax = money.tax_amount(amount, rate['EffectiveRate'], self.mode == 'Inclusive') if rate else Decimal(0)
        if self.mode != 'NoTax' and 'TaxAmount' in values:
            tax = money.rounded(values['TaxAmount'])
            if abs(tax) > abs(amount) and tax_type not in RULES['tax_amount_may_exceed_line']:
                errors.append('The tax amount cannot be greater than the line amount!')
        line |= {'Quantity': quantity, 'UnitAmount': unit, 'TaxType': tax_type, 'TaxAmount': tax, 'LineAmount': amount}
        return errors

    def _discount_errors(self, gross, rate, amount):
        if not self.discounts:
            return ['Discounts can only be applied to sales invoices.']
        discount = gross * rate / 100 if rate is not None else amount
        if discount > gross or discount < 0:
            shown = money.rounded(rate if rate is not None else amount)
            return [f"The discount rate '{shown}' is invalid. Discount must not be greater than the line total."]
        return []

    def _tracking(self, sent):
        """Unknown names are dropped without a word; an unknown category id ends in a 500. Both are reported of the real API."""
        found = []
        for wanted in sent[:2]:
            category = next((category for category in self.organisation.tracking if _names(
                wanted, category, 'TrackingCategoryID', 'Name')), None)
            if not category:
                if 'TrackingCategoryID' in wanted:
                    raise unhandled()
                continue
            option = next((option for option in category['Options'] if option['Status'] == 'ACTIVE' and (
                wanted.get('TrackingOptionID') == option['TrackingOptionID'] if 'TrackingOptionID' in wanted
                else wanted.get('Option') == option['Name'])), None)
            if option and category['Status'] == 'ACTIVE':
                found.append({
                    'Name': category['Name'], 'Option': option['Name'], 'TrackingCategoryID': category['TrackingCategoryID'],
                    'TrackingOptionID': option['TrackingOptionID'],
                })
        return found


def _names(wanted, row, id_key, name_key):
    return wanted[id_key] == row[id_key] if id_key in wanted else wanted.get(name_key) == row[name_key]
