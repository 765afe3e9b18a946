"""Products with internal references, and items in Xero."""
from ..common import HARBOUR
from .export_common import XeroExportCase

ITEMS = '/api.xro/2.0/Items'


class XeroItemCase(XeroExportCase):
    """A connected company that sends item codes, with the permission to create items."""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection.sends_item_codes = True
        cls.connect(cls.connection)
        cls.run_slice(cls.connection)
        cls.beans = cls.new_product("BEANS", name="Coffee beans")

    @classmethod
    def new_product(cls, reference, **values):
        return cls.env['product.product'].create({'name': f"Product {reference}", 'default_code': reference, **values})

    def items(self, tenant=HARBOUR):
        """Return the items that the organisation holds, by code."""
        return {item['Code']: item for item in self.sandbox.organisations[tenant].items.values()}

    def add_item(self, code, tenant=HARBOUR, **values):
        """Let somebody in Xero make an item, without a call."""
        item_id = f'00000000-0000-4000-8000-{len(self.items(tenant)) + 1:012}'
        item = {
            'ItemID': item_id, 'Code': code, 'Name': code, 'IsSold': True, 'IsPurchased': True, 'IsTrackedAsInventory': False,
            'SalesDetails': {}, 'PurchaseDetails': {}, 'UpdatedDateUTC': self.sandbox.clock.now(), **values}
        self.sandbox.organisations[tenant].items[item_id] = item
        return item

    def read_items(self, connection=None):
        """Read the items of Xero, as each day."""
        connection = connection or self.connection
        connection.reference_read_at = {**connection.reference_read_at, 'items': '2020-01-01T00:00:00'}
        self.run_slice(connection)

    def sell(self, *products, move_type='out_invoice', **values):
        """Post a document with a line for each product, and let the slices send it."""
        move = self.document(move_type, *({'product_id': product.id, 'quantity': 3, 'price_unit': 33.33} for product in products), **values)
        self.run_slice(self.connection, 2)
        return move

    def codes_of(self, move, endpoint='Invoices'):
        """Return the item codes of the lines that Xero holds, after a check of the totals."""
        self.assert_once(move, endpoint)
        [held] = self.in_xero(move, endpoint)
        return [line.get('ItemCode') for line in held['LineItems']]

    def creations(self):
        """Return the calls that created items."""
        return self.calls('PUT', ITEMS)
