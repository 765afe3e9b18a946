from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.account_xero.const import TEXT_FIELDS
from odoo.addons.account_xero.tools.xero_text import (
    ascii_text,
    clean_contact_name,
    clean_element,
    clean_file_name,
    clean_line,
    clean_lines,
    contact_name_keys,
    cut,
    first_email,
    first_text,
    fold,
    letters,
    loose_key,
    numbered_file_name,
    phone_number,
    printable_ascii,
    shorten,
    text_length,
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

    # === THE CLEANER === #

    def test_texts_are_cleaned(self):
        for text, line, lines in [
            ("plain", "plain", "plain"),
            ("In\x02voice\u200b \ufefffor\u202e you\ud800", "Invoice for you", "Invoice for you"),
            ("one\r\n  two\x0bthree\rfour\u2028five", "one two three four five", "one\ntwo\nthree\nfour\nfive"),
            ("\n\n a\t \u00a0b \n\n c \n", "a b c", "a b\n\nc"),
            ("Zoe\u200b\u0308", "Zoë", "Zoë"),
            ("private \ue000, none \uffff", "private , none", "private , none"),
            ("Thanks 🎉", "Thanks 🎉", "Thanks 🎉"),
            ("\u200b\x02", "", ""), (False, "", ""),
        ]:
            with self.subTest(text=text):
                self.assertEqual(clean_line(text, 50), line)
                self.assertEqual(clean_lines(text, 50), lines)

    def test_lengths_are_utf16_units(self):
        self.assertEqual(text_length("a🎉"), 3)
        self.assertEqual(cut("🎉🎉", 3), "🎉")
        self.assertEqual(cut("abc de", 4), "abc")
        self.assertEqual(cut("xq\u0323\u0307", 3), "x", "an accent stays with its letter")
        self.assertEqual(cut("a👍🏽", 4), "a", "a colour stays with its hand")
        self.assertEqual(shorten("🎉🎉🎉", 5), "🎉🎉…")

    @settings(deadline=None, max_examples=300)
    @given(st.text(st.characters(), max_size=60), st.integers(1, 40))
    def test_whatever_is_cleaned_can_be_sent(self, text, length):
        for clean in (clean_line, clean_lines):
            cleaned = clean(text, length)
            self.assertLessEqual(len(cleaned.encode('utf-16-le')) // 2, length)
            self.assertEqual(clean(cleaned, length), cleaned)
            self.assertNotRegex(cleaned, '[\x00-\x09\x0b-\x1f\x7f]')
        self.assertNotIn('\n', clean_line(text, length))
        self.assertRegex(ascii_text(text, length), '^[ -~]{0,%s}$' % length)

    def test_an_element_is_cleaned_at_any_depth(self):
        element = {
            'Url': "https://odoo.example/a%20b", 'Reference': " a\nb ", 'LineItems': [{'Description': "x\x02\r\ny", 'Quantity': 2, 'TaxType': "OUTPUT"}],
            'SentToContact': True}
        self.assertEqual(clean_element(element, TEXT_FIELDS), {
            'Url': "https://odoo.example/a%20b", 'Reference': "a b", 'LineItems': [{'Description': "x\ny", 'Quantity': 2, 'TaxType': "OUTPUT"}],
            'SentToContact': True})

    def test_the_first_text_of_which_something_is_left(self):
        self.assertEqual(first_text([False, " ", "\u200b", "🎉", "Work\x02", "Other"], 50), "Work")
        self.assertEqual(first_text([False, "🎉"], 50), "-")

    # === NAMES, NUMBERS, ADDRESSES === #

    def test_numbers_of_vendors_stay_readable(self):
        for text, number in [
            ("INV-9", "INV-9"), (" INV-9 ", "INV-9"), ("N° 118", "No 118"), ("№ 118", "No 118"), ("2026—118", "2026-118"), ("Счёт 5", "Schet 5"),
            ("A\tB", "A B"), ("Fac. É/1", "Fac. E/1"), ("請求 1", "QingQiu 1"), ("Ⅳ/2", "IV/2"), ("🎉", ""), ("\u200b", ""), (False, ""),
            ("7" * 300, "7" * 255),
        ]:
            with self.subTest(text=text):
                self.assertEqual(ascii_text(text, 255), number)

    def test_forms_of_a_name(self):
        self.assertEqual(contact_name_keys("  Azure <AU> "), {"azure au"})
        self.assertEqual(contact_name_keys("x" * 300), {"x" * 255, "x" * 254 + "…"})
        self.assertEqual(contact_name_keys("Café ☕"), set())
        self.assertEqual(contact_name_keys(False), set())
        self.assertEqual(loose_key("  CAFÉ ☕ “Crème” "), loose_key("Cafe Creme"))
        self.assertNotEqual(loose_key("Cafe A"), loose_key("Cafe B"))
        self.assertEqual(clean_contact_name("☕️ Café™ 👩‍🚀"), "Café™")

    def test_addresses_that_xero_refuses(self):
        for text in ("john..doe@x.com", "john.@x.com", ".john@x.com", "a@-x.com", "a@x-.com", "j" * 65 + "@x.com", f"a@{'x' * 64}.com", "a@x", "a@x.c1-"):
            with self.subTest(text=text):
                self.assertEqual(first_email(text), (None, True))
        for text in ("j" * 64 + "@x.com", "a.b+c@x-y.co.uk", f"a@{'x' * 63}.com", "o'neil@x.com"):
            with self.subTest(text=text):
                self.assertEqual(first_email(text), (text, False))

    def test_telephone_numbers(self):
        for text, number in [
            ("+61 2 5550 1234", "+61 2 5550 1234"), ("(02)\u00a05550\u200b 1234", "(02) 5550 1234"), ("n/a", ""), ("-", ""), ("5" * 51, ""), (False, ""),
        ]:
            with self.subTest(text=text):
                self.assertEqual(phone_number(text, 50), number)

    def test_files_get_the_ending_of_their_type(self):
        for name, mimetype, cleaned in [
            ("Scan of bill", 'application/pdf', "Scan of bill.pdf"), ("image0", 'image/jpeg', "image0.jpg"),
            ("BILL/2026/11/0007", 'application/pdf', "BILL-2026-11-0007.pdf"), ("Scan v1.2", 'application/pdf', "Scan v1.2.pdf"),
            ("scan.PDF", 'application/pdf', "scan.PDF"), ("page", 'text/html', "page.html"), ("raw", 'application/octet-stream', "raw"),
            ("", 'image/png', "file.png"), ("x" * 300, 'application/pdf', "x" * 251 + ".pdf"),
        ]:
            with self.subTest(name=name):
                self.assertEqual(clean_file_name(name, mimetype), cleaned)
