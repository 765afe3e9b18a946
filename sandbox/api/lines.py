"""Document lines: accounts, taxes, amounts."""
import uuid
from dataclasses import dataclass
from decimal import Decimal

from ..state import RULES
from . import money
from .coding import account_of, tax_of, tracking_of
from .items import in_line, item_of
from .texts import stored_text, utf16_length

AMOUNT_KEYS = {'Quantity', 'UnitAmount', 'LineAmount', 'TaxAmount', 'AccountCode', 'AccountID', 'ItemCode', 'TaxType'}


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
            'Description': stored_text(values.get('Description', '')),
            'Tracking': tracking_of(self.organisation, values.get('Tracking', [])),
        }
        errors = []
        if utf16_length(line['Description']) > 4000:
            errors.append('The description field exceeds the maximum length of 4000 characters.')
        if self.approved and not line['Description'].strip():
            errors.append('The description field is mandatory for each line item.')
        if not values.keys() & AMOUNT_KEYS:
            return line | {'LineAmount': Decimal(0), 'TaxAmount': Decimal(0)}, errors
        account, account_errors = account_of(self.organisation, values, self.approved, 'document')
        rate, tax_errors = tax_of(self.organisation, self.mode, values, account)
        errors += account_errors + tax_errors
        item, item_errors = item_of(self.organisation, values, self.approved)
        errors += item_errors
        if item:
            line |= in_line(item)
        errors += self._amounts(line, values, rate)
        if account:
            line |= {'AccountCode': account['Code'], 'AccountID': account['AccountID']}
        if not line['LineAmount']:      # of what comes to nothing, live shows neither account nor tax
            line['_coding'] = {key: line.pop(key) for key in ('AccountCode', 'AccountID', 'TaxType') if key in line}
        return line, errors

    def _carried(self, known):
        """What of a stored line stays when a change does not name it: not what is computed."""
        known = known | known.get('_coding', {})
        kept = {key: known[key] for key in (
            'Description', 'Quantity', 'UnitAmount', 'AccountID', 'TaxType', 'DiscountRate', 'DiscountAmount', 'ItemCode') if key in known}
        if kept.get('TaxType') not in self.organisation.tax_rates:     # of a document without tax
            kept.pop('TaxType', None)
        return kept | {'Tracking': [
            {key: option[key] for key in ('TrackingCategoryID', 'TrackingOptionID')} for option in known['Tracking']]}

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
        if not amount and money.exact_amount(quantity, unit, discount_rate, discount_amount):
            # Reported of the real API for amounts that are too small: it loses the coding of such a line before it checks it
            errors += ['Account must be valid.', 'Tax rate must be valid.']
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
