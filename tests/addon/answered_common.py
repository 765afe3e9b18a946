"""What Xero answers otherwise than it was sent."""



from .change_common import XeroChangeCase

COFFEE, SAMPLE = {'name': "Coffee"}, {'name': "Free sample", 'price_unit': 0}


class XeroAnsweredCase(XeroChangeCase):

    def touch(self, export):
        """Xero's time of change moved without an edit: an e-mail, a file, a note."""
        self.sandbox.clock.advance(1)
        self.held(export)['UpdatedDateUTC'] = self.sandbox.clock.now()

    def free_sample(self, move_type='out_invoice', **values):
        move, export = self.synced(move_type, COFFEE, SAMPLE, **values)
        self.assertNotIn('AccountCode', self.held(export)['LineItems'][1])
        return move, export
