from odoo.tests import HttpCase, tagged

SUITE = '@account_xero'


@tagged('post_install', '-at_install', 'xero_browser')
class TestJavaScript(HttpCase):

    def test_components(self):
        """Run the Hoot tests of static/tests in a browser."""
        self.browser_js(
            f'/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={self._suite_id()}', '', '', login='admin', timeout=300,
            success_signal='[HOOT] Test suite succeeded', error_checker=lambda message: '[HOOT]' not in message)

    def _suite_id(self):
        """Return the id that Hoot gives to our suite: a hash of its path (`generateHash` in web/static/lib/hoot/hoot_utils.js)."""
        number = 0
        for character in SUITE:
            number = ((number << 5) - number + ord(character)) & 0xFFFFFFFF
        return f'{number:08x}'
