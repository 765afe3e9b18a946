import polib

from odoo.addons.account_xero.dev import translation_checks, translations
from odoo.tests import TransactionCase, tagged

# Each of these has to be complete.
LANGUAGES = ('de', 'es', 'fr', 'zh_CN')


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):
    """The template has every text, and each translation is complete, in Odoo's words."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.file = polib.pofile(translations.TEMPLATE)

    def test_the_template_is_what_odoo_exports(self):
        """Written again by `python3 -m dev translations`."""
        kept, exported = (
            [(entry.msgid, entry.comment, sorted(place for place, _line in entry.occurrences)) for entry in file]
            for file in (self.file, translations.template(self.env)))
        self.assertEqual(kept, exported)

    def test_only_what_users_see_is_translated(self):
        folders = {
            place.split('/')[2] for entry in self.file for place, _line in entry.occurrences if place.startswith('code:')}
        self.assertLessEqual(folders, {'controllers', 'models', 'static', 'wizard', 'const.py', 'exceptions.py', 'hooks.py', 'tools'})

    def test_texts_have_one_spelling(self):
        """Else `en_AU` and `en_GB` would need files of their own."""
        odoo = translation_checks.odoo_translations('fr')
        self.assertFalse([
            entry.msgid for entry in self.file if entry.msgid not in odoo and translation_checks.US_SPELLING.search(entry.msgid)])

    def test_a_state_is_no_command(self):
        """*Open* is a state; other languages have another word for what a link or a sentence asks a person to do."""
        [entry] = [entry for entry in self.file if entry.msgid == "Open"]
        places = {place for place, _line in entry.occurrences if 'selection__' not in place}
        self.assertFalse({place for place in places if not place.endswith('_view_search')})

    def test_there_is_a_file_for_each_language(self):
        self.assertEqual(set(translations.translations()), set(LANGUAGES))

    def test_translations_are_complete_and_in_the_words_of_odoo(self):
        for language, path in translations.translations().items():
            with self.subTest(language):
                file = polib.pofile(path)
                self.assertEqual([entry.msgid for entry in file], [entry.msgid for entry in self.file])
                self.assertFalse(translation_checks.problems_of_file(language, file))

    def test_exceptions_are_needed(self):
        texts = {entry.msgid for entry in self.file}
        self.assertFalse([text for _language, text in translation_checks.exceptions() if text not in texts])

    def test_checks_find_what_is_wrong(self):
        for language, source, text, words in (
            ('fr', "Export", "", "not translated"),
            ('fr', "%(count)s exports", "exports", "placeholders"),
            ('fr', "<em>Exports</em>", "Exports", "tags"),
            ('fr', " exports", "exports", "blanks"),
            ('fr', "All exports.", "Tous les exports", "ends with"),
            ('fr', "Draft", "Ébauche", "Odoo has"),
            ('fr', "The exports wait.", "Les envois attendent.", "glossary"),
            ('zh_CN', "All exports.", "所有导出。", None),
            ('de', "The export failed: %s", "Der Export ist fehlgeschlagen: %s", None),
        ):
            with self.subTest(text=text):
                found = translation_checks.problems(language, source, text)
                self.assertIn(words, found[0]) if words else self.assertEqual(found, [])
