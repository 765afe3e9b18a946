"""Companies of other countries."""


from .payload_common import XeroPayloadCase


class XeroCountryCase(XeroPayloadCase):
    """A company and an organisation of another country, with nothing decided by a person but the two accounts."""

    def assert_documents(self, *cases):
        """Export documents of one line of 100 and compare.

        :param cases: of (type of document, template of its tax or None, `TaxType` in Xero, tax).
        """
        for move_type, template, tax_type, tax in cases:
            with self.subTest(move_type=move_type, template=template):
                move = self.document(move_type, {'tax_ids': self.tax(template)} if template else {})
                [line] = self.lines_sent(move)
                self.assertEqual((line['TaxType'], line.get('TaxAmount')), (tax_type, None))
                self.assert_held(move, sub_total='100.00', tax=tax)
