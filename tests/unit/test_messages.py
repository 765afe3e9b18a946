from xml.etree import ElementTree

from odoo.addons.account_xero.dev import messages
from odoo.tests import BaseCase, tagged

PYTHON = '''
class Model:
    _once = models.UniqueIndex('(name)', "The name is taken")
    label = fields.Char("It is a label", help="It is a help.")

    def act(self):
        title = self.env._("Open the document")
        text = _("%(document)s is not in Xero yet", document=self.name)
        note = _("whose total would differ")
        logger.info("It was read.")
        if text:
            raise UserError(self.env._("Ask %(admins)s", admins=title) if note else self.env._("Ask somebody"))
        raise XeroRetryable(f"No answer ({text})")
'''
VIEW = '''
<form>
    <p>It is shown always and is not in a box.</p>
    <div class="alert alert-warning">
        The access to <strong><field name="name"/></strong> has ended.
        <span invisible="not is_admin">Ask an invoice admin.</span>
        <button string="It is a button."/>
    </div>
    <p invisible="count">Nothing was sent.</p>
    <p invisible="count">Everything was sent.</p>
    <button confirm="It is sent twice. Send it?"/>
</form>
'''


@tagged('post_install', '-at_install')
class TestMessages(BaseCase):
    """A person who meets a sentence of the add-on finds its row in the guide. `python3 -m dev messages` prints the differences."""

    def test_guide_and_code_have_the_same_messages(self):
        self.assertEqual(messages.differences(), [])

    def test_messages_of_python(self):
        self.assertCountEqual([text for text, _line in messages.texts_of_python(PYTHON)], [
            "The name is taken", "%(document)s is not in Xero yet", "Ask %(admins)s", "Ask somebody", "No answer (…)"])
        self.assertIn("Open the document", [text for text, _line in messages.texts_of_python(PYTHON, is_page=True)])

    def test_messages_of_javascript(self):
        source = '_t("Finish"); _t("It is sent."); _t(\n    "%s cannot be \\"read\\"", name)'
        self.assertEqual(list(messages.texts_of_javascript(source)), ["It is sent.", '%s cannot be "read"'])

    def test_messages_of_a_view(self):
        self.assertCountEqual(messages.texts_of_view(ElementTree.fromstring(VIEW)), [
            "It is sent twice. Send it?", "The access to … has ended.", "Ask an invoice admin.", "Nothing was sent."])

    def test_what_counts_as_the_same(self):
        for text, row in (
            ("%(count)s of %s,\n  to 5 %%", "… of …, to 5 %"), ("“%(a)s”: <em>Press</em> it", "“…”: *Press* it"), ("%(a)s %(b)s end", "… … end"),
        ):
            with self.subTest(text=text):
                self.assertEqual(messages.normalised(text), messages.normalised(row))
        self.assertNotEqual(messages.normalised("%(count)s wait."), messages.normalised("One waits."))
