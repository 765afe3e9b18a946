from odoo.tests import tagged

from .sandbox_common import EXPORT_SCOPE, SandboxCase


@tagged('post_install', '-at_install')
class TestItems(SandboxCase):

    def setUp(self):
        super().setUp()
        self.log_in(scope=EXPORT_SCOPE)

    def refusal(self, method='PUT', **item):
        return self.messages(self.put('Items', item, method=method)[0])

    def test_create_read_change(self):
        made, other = self.put('Items', {'Code': 'BEANS', 'Name': 'Coffee beans'}, {'Code': 'CUP', 'IsPurchased': False})
        self.assertEqual((made['IsSold'], made['IsPurchased'], made['IsTrackedAsInventory'], other['IsPurchased']), (True, True, False, False))
        self.assertEqual([item['Code'] for item in self.get('/Items')['Items']], ['BEANS', 'CUP'])
        self.assertEqual(self.get('/Items/beans')['Items'][0]['ItemID'], made['ItemID'])
        self.assertEqual(self.put('Items', {'Code': 'BEANS', 'Name': 'Beans'}, method='POST')[0]['Name'], 'Beans')
        path = f"/Items/{made['ItemID']}"
        self.assertEqual(self.api('POST', path, {'Items': [{'Code': 'BEANS', 'IsSold': False}]}).json['Items'][0]['IsSold'], False)

    def test_rules(self):
        self.put('Items', {'Code': 'BEANS'})
        self.assertEqual(self.refusal(Code='beans'), ["Price List Item with Code 'beans' already exists"])
        self.assertEqual(self.refusal(Code='x' * 31), ['Price List Item Code must not be more than 30 characters long'])
        self.assertEqual(self.refusal(Name='None'), ['Price List Item Code must be supplied'])
        self.assertEqual(self.refusal(Code='A', Name='x' * 51), ['The Name field exceeds the maximum length of 50 characters.'])
        self.assertEqual(
            self.refusal(Code='A', InventoryAssetAccountCode='630'),
            ['InventoryAssetAccountCode and COGSAccountCode are both required to create a tracked item'])
        self.assertEqual(self.refused('PUT', '/Items', {'Items': [{'Code': 'BEANS'}, {'Code': 'GOOD'}]}), [
            "Price List Item with Code 'BEANS' already exists"])
        self.assertEqual([item['Code'] for item in self.get('/Items')['Items']], ['BEANS', 'GOOD'], "the good one is saved all the same")

    def test_on_lines(self):
        self.put('Items', {'Code': 'BEANS', 'Name': 'Coffee beans'})
        saved = self.assert_saved(self.invoice(LineItems=[self.line(ItemCode='beans')]))
        [line] = saved['LineItems']
        self.assertEqual((line['ItemCode'], line['Item']['Name'], line['LineAmount']), ('BEANS', 'Coffee beans', 100))
        self.assert_refused(self.invoice('B', LineItems=[self.line(ItemCode='NONE')]), "Item code 'NONE' is not valid")
        kept = self.line(LineItemID=line['LineItemID'], UnitAmount=60)
        change = {'InvoiceID': saved['InvoiceID'], 'LineItems': [kept]}
        self.assertEqual(self.assert_saved(change, method='POST')['LineItems'][0]['ItemCode'], 'BEANS', "what is not sent stays")
        cleared = self.assert_saved(change | {'LineItems': [kept | {'ItemCode': ''}]}, method='POST')
        self.assertNotIn('ItemCode', cleared['LineItems'][0])

    def test_stock(self):
        self.put('Items', {'Code': 'KEPT', 'InventoryAssetAccountCode': '630', 'PurchaseDetails': {'COGSAccountCode': '310'}})
        self.assertTrue(self.get('/Items')['Items'][0]['IsTrackedAsInventory'])
        self.assert_refused(
            self.invoice(LineItems=[self.line(ItemCode='KEPT')]), "Item 'KEPT' is tracked as inventory, and its quantity on hand is not enough.")

    def test_scope(self):
        self.sandbox.reset()
        self.log_in()
        self.assertEqual(self.get('/Items')['Items'], [])
        self.assertEqual(self.api('PUT', '/Items', {'Items': [{'Code': 'A'}]}).status_code, 401)
