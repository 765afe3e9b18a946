from odoo.addons.account_xero.tools.xero_text import (
    clean_contact_name,
    clean_file_name,
    first_email,
    fold,
    letters,
    numbered_file_name,
    printable_ascii,
    shorten,
)
from odoo.tests import BaseCase, tagged


@tagged('post_install', '-at_install')
class TestText(BaseCase):

    def test_names_are_cleaned(self):
        for name, cleaned in [
            ("Azure Interior", "Azure Interior"),
            ("  Azure   Interior ", "Azure Interior"),
            ("Azure <Interior>", "Azure Interior"),
            ("A<>B", "A B"),
            ("Azure\u00a0Interior\u200b\n", "Azure Interior"),
            ("Zoë Ångström", "Zoë Ångström"),
            ("<>", ""),
            ("", ""),
            ("x" * 300, "x" * 254 + "…"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(clean_contact_name(name), cleaned)

    def test_what_xero_does_to_a_text_makes_no_difference(self):
        for sent, stored in [
            (" INV-9 ", "INV-9"), ("one\r\ntwo", "one\ntwo"), ("one  two", "one two"), ("Thanks 🎉", "Thanks"), ("☕️ Coffee", "Coffee"),
            ("a\u200bb", "ab"), ("Zoe\u0308", "Zoë"), ("tab\there", "tab here"), (False, ""),
        ]:
            with self.subTest(sent=sent):
                self.assertEqual(fold(sent), fold(stored))
        for one, other in [("INV-9", "INV-8"), ("inv-9", "INV-9"), ("ab", "a b"), ("Zoë", "Zoe")]:
            with self.subTest(one=one):
                self.assertNotEqual(fold(one), fold(other))

    def test_countries_are_in_plain_letters(self):
        for name, kept in [
            ("Australia", "Australia"), ("Côte d'Ivoire", "Cote d Ivoire"), ("Türkiye", "Turkiye"), ("État", "Etat"), ("日本", "RiBen"),
            ("Area 51", "Area"), ("123", ""), (False, ""),
        ]:
            with self.subTest(name=name):
                self.assertEqual(letters(name, 50), kept)

    def test_first_address_of_several(self):
        for text, found in [
            ("pay@azure.example", ("pay@azure.example", False)),
            ("pay@azure.example, boss@azure.example", ("pay@azure.example", True)),
            ("pay@azure.example;boss@azure.example", ("pay@azure.example", True)),
            ('"Azure" <pay@azure.example>', ("pay@azure.example", False)),
            ("nobody@, pay@azure.example", ("pay@azure.example", True)),
            ("büro@azure.example", (None, True)),
            ("call us", (None, True)),
            ("  ", (None, False)),
            (False, (None, False)),
        ]:
            with self.subTest(text=text):
                self.assertEqual(first_email(text), found)

    def test_numbers_are_printable(self):
        for text, printable in [
            ("INV/2026/00001", "INV/2026/00001"), ("FAC-É/1", "FAC-E/1"), ("請求/1", "??/1"), ("A\tB", "A?B"),
            ("x" * 20, "x" * 16),
        ]:
            with self.subTest(text=text):
                self.assertEqual(printable_ascii(text, 16), printable)

    def test_cut_texts_show_it(self):
        self.assertEqual(shorten("whole", 5), "whole")
        self.assertEqual(shorten("longer", 5), "long…")

    def test_file_names_are_cleaned(self):
        for name, cleaned in [
            ("INV_2026_00001.pdf", "INV_2026_00001.pdf"),
            ('a<b>:c"d/e\\f|g?h*i+j.pdf', "a-b--c-d-e-f-g-h-i-j.pdf"),
            ("../../etc/passwd", "-..-etc-passwd"),
            ("..", "file"),
            (".pdf", "pdf"),
            ("", "file"),
            ("two\n  lines\0.txt", "two lines.txt"),
            ("Rechnung (März).pdf", "Rechnung (März).pdf"),
            ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
            ("Mr. " + "x" * 300, "Mr. " + "x" * 251),
        ]:
            with self.subTest(name=name):
                self.assertEqual(clean_file_name(name), cleaned)

    def test_file_names_are_numbered_before_their_ending(self):
        self.assertEqual(numbered_file_name("scan.pdf", 2), "scan (2).pdf")
        self.assertEqual(numbered_file_name("scan", 3), "scan (3)")
        self.assertEqual(len(numbered_file_name("x" * 251 + ".pdf", 10)), 255)
