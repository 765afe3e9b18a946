"""Items: what organisations sell and buy. Those with an inventory account are tracked: Xero keeps their stock."""
import uuid

from .texts import utf16_length

LIMITS = {'Code': 30, 'Name': 50, 'Description': 4000, 'PurchaseDescription': 4000}
TRACKED = ('InventoryAssetAccountCode', 'COGSAccountCode')


class Items:
    """The items of one organisation, seen by one call."""

    collection, id_key, error_flag = 'Items', 'ItemID', None

    def __init__(self, call):
        self._call = call
        self._items = call.organisation.items

    def get(self, key):
        """:return: the item with this id or code, or None"""
        return self._items.get(key) or by_code(self._call.organisation, key)

    def rows(self):
        return [item for item in self._items.values() if not item.get('_hidden')]

    def shown(self, item, detail=True):
        return item

    def save(self, values, create_only, key=None):
        """Create an item, or change the one with this id or code.

        :return: (item or None, errors, warnings)
        """
        known = self.get(key or values.get('ItemID') or values.get('Code', '')) if not create_only else None
        errors = self._errors(values, known)
        if errors:
            return None, errors, []
        item = known or {'ItemID': str(uuid.uuid4()), 'IsSold': True, 'IsPurchased': True, 'PurchaseDetails': {}, 'SalesDetails': {}}
        item |= {name: value for name, value in values.items() if name != 'ItemID'}
        item['Code'] = item['Code'].strip()
        item['IsTrackedAsInventory'] = bool(item.get('InventoryAssetAccountCode'))
        if item['IsTrackedAsInventory']:
            item.setdefault('QuantityOnHand', 0)
            item.setdefault('TotalCostPool', 0)
        item['UpdatedDateUTC'] = self._call.now
        self._items[item['ItemID']] = item
        return item, [], []

    def _errors(self, values, known):
        errors = []
        code = values.get('Code', '').strip()
        if not known and not code:
            errors.append('Price List Item Code must be supplied')
        if utf16_length(code) > LIMITS['Code']:
            errors.append('Price List Item Code must not be more than 30 characters long')
        if code and by_code(self._call.organisation, code) not in (None, known):
            errors.append(f"Price List Item with Code '{code}' already exists")
        errors += [
            f'The {name} field exceeds the maximum length of {length} characters.'
            for name, length in LIMITS.items() if name != 'Code' and utf16_length(values.get(name, '')) > length]
        details = values.get('PurchaseDetails', {})
        if ('InventoryAssetAccountCode' in values) != ('COGSAccountCode' in details):
            errors.append('InventoryAssetAccountCode and COGSAccountCode are both required to create a tracked item')
        for account_code in filter(None, (values.get('InventoryAssetAccountCode'), details.get('COGSAccountCode'), details.get('AccountCode'),
                                          values.get('SalesDetails', {}).get('AccountCode'))):
            account = self._call.organisation.account('Code', account_code)
            if not account or account['Status'] != 'ACTIVE':
                errors.append(f"Account code '{account_code}' is not a valid code for this document.")
        return errors


def by_code(organisation, code):
    """:return: the item with this code, in upper or lower case, or None"""
    return next((item for item in organisation.items.values() if item['Code'].casefold() == code.strip().casefold()), None)


def item_of(organisation, values, approved):
    """:param values: of a line; :param approved: whether the document becomes AUTHORISED

    :return: (item or None, errors); an empty code takes the item off a line
    """
    code = values.get('ItemCode', '').strip()
    if not code:
        return None, []
    item = by_code(organisation, code)
    if not item or item.get('_archived'):
        return None, [f"Item code '{code}' is not valid"]
    if item['IsTrackedAsInventory'] and approved:
        # Live books the cost of what is sold, so it asks for stock
        return item, [f"Item '{item['Code']}' is tracked as inventory, and its quantity on hand is not enough."]
    return item, []


def in_line(item):
    """:return: what a line shows of its item"""
    return {'ItemCode': item['Code'], 'Item': {name: item[name] for name in ('ItemID', 'Name', 'Code') if name in item}}
