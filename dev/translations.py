"""Write i18n/account_xero.pot and bring the translations beside it up to date, with `python3 -m dev translations`.

The texts are what Odoo's own export finds, so what Odoo can translate and what the template holds are the same.
"""
import io
import warnings
from pathlib import Path

import polib

from odoo.tools.translate import PoFileWriter, TranslationModuleReader

ADDON = 'account_xero'
REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / 'i18n'
TEMPLATE = FOLDER / f'{ADDON}.pot'
# The moment of an export says nothing about the texts, and would make each export differ from the one before.
DATES = ('POT-Creation-Date', 'PO-Revision-Date')


class Reader(TranslationModuleReader):
    """Odoo's reader for this add-on alone: what it finds depends neither on other add-ons nor on where they are."""

    def __init__(self, cr):
        super().__init__(cr, modules=[ADDON])

    def _export_translatable_resources(self):
        import odoo.addons

        # Odoo would walk through all of its own add-ons, which takes most of the time.
        self._path_list = [(path, True) for path in odoo.addons.__path__ if (Path(path) / ADDON).is_dir()]
        super()._export_translatable_resources()

    def _get_translatable_records(self, imd_records):
        """Leave out the fields that an add-on on which this one does not depend gives to all models, such as the errors of text messages."""
        records = super()._get_translatable_records(imd_records)
        if records._name != 'ir.model.fields':
            return records
        module = self.env['ir.module.module'].search([('name', '=', ADDON)])
        known = {ADDON, 'base', *module.upstream_dependencies(exclude_states=('',)).mapped('name')}
        modules = {field: self.env[field.model]._fields[field.name]._modules for field in records}
        # Fields such as the ID, which each model has, are of no module.
        return records.filtered(lambda field: not modules[field] or known.intersection(modules[field]))


def template(env):
    """Return the template of the translations.

    :param Environment env: of a database with the add-on
    :rtype: polib.POFile
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # Odoo calls parts of Babel that Babel wants to keep to itself.
        warnings.simplefilter('ignore', DeprecationWarning)
        PoFileWriter(buffer, lang=None).write_rows(Reader(env.cr))
    file = polib.pofile(buffer.getvalue().decode())
    for name in DATES:
        del file.metadata[name]
    return file


def translations():
    """Return the paths of the translations, by language."""
    return {path.stem: path for path in sorted(FOLDER.glob('*.po'))}


def merged(file, texts):
    """Return a translation that has the entries of a template, in its order.

    A new text is empty, a text that is gone is removed, and what is translated stays.

    :param polib.POFile file: the translation
    :param polib.POFile texts: the template
    :rtype: polib.POFile
    """
    known = {entry.msgid: entry for entry in file if not entry.obsolete}
    result = polib.POFile()
    result.header, result.metadata = texts.header, {name: value for name, value in file.metadata.items() if name not in DATES}
    for entry in texts:
        before = known.get(entry.msgid)
        result.append(polib.POEntry(
            msgid=entry.msgid, msgstr=before.msgstr if before else '', comment=entry.comment, occurrences=entry.occurrences,
            flags=before.flags if before else []))
    return result


def write(env):
    """Write the template, and merge it into each translation.

    :param Environment env: of a database with the add-on
    :return: a line for each language, for the developer
    """
    FOLDER.mkdir(exist_ok=True)
    texts = template(env)
    texts.save(TEMPLATE)
    lines = [f"{TEMPLATE.name}: {len(texts)} texts"]
    for language, path in translations().items():
        file = merged(polib.pofile(path), texts)
        file.save(path)
        missing = sum(not entry.msgstr for entry in file)
        lines.append(f"{language}: {f'{missing} texts to translate' if missing else 'complete'}")
    return lines
