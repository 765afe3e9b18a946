"""Companies of other countries."""


from .payload_common import XeroPayloadCase


class XeroCountryCase(XeroPayloadCase):
    """A company and an organisation of another country, with nothing decided by a person but the two accounts."""

    def assert_documents(self, *cases):
        """Export documents of one line of 100 and compare.

        :param cases: of (type of document, template of its tax or None, `TaxType` in Xero, tax).
        """
        moves = self.env['account.move'].create([
            self.document_values(move_type, {'tax_ids': self.tax(template)} if template else {}) for move_type, template, _tax_type, _tax in cases])
        moves.action_post()
        self.sync(moves)
        for move, (move_type, template, tax_type, tax) in zip(moves, cases):
            with self.subTest(move_type=move_type, template=template):
                [line] = self.lines_sent(move)
                self.assertEqual((line['TaxType'], line.get('TaxAmount')), (tax_type, None))
                self.assert_held(move, sub_total='100.00', tax=tax)
