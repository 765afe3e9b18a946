"""The set-up on several kinds of machine, which stand-ins for `apt-get`, `git`, `npm` and browsers on PATH play."""
import contextlib
import io
import os
import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.addons.account_xero.dev import browser, odoo_source, testing
from odoo.addons.account_xero.dev.commands import SetupError, try_in_turn
from odoo.tests import BaseCase, tagged

DEBIAN_MIRROR = 'https://mirror.example/debian'
UBUNTU_MIRROR = 'https://mirror.example/ubuntu'
STARTS = 'exit 0'
FAILS = 'echo "it is not to be had"; exit 100'
TOOLS = ('cp', 'env', 'gzip', 'mkdir', 'sh', 'tar', 'touch')     # what the stand-ins and the code itself call besides


class SetupCase(BaseCase):
    """A machine of its own: an empty scratch folder, and a PATH with stand-ins only."""

    def setUp(self):
        super().setUp()
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.programs = self.folder / 'programs'
        self.programs.mkdir()
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool))
        self.enterContext(patch.dict(os.environ, {'PATH': str(self.programs)}))
        for variable in ('ODOO_HOME', 'ODOO_DEB', 'CI'):
            os.environ.pop(variable, None)
        self.said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def stand_in(self, name, script):
        """Put a program on PATH: it writes its arguments into a file, and then does what the script says."""
        program = self.programs / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.folder}/{name}.calls\n{script}\n')
        program.chmod(0o755)
        return str(program)

    def calls(self, name):
        """Return the lines with the arguments of each call of a stand-in."""
        file = self.folder / f'{name}.calls'
        return file.read_text().splitlines() if file.exists() else []


@tagged('post_install', '-at_install')
class TestOdooSource(SetupCase):

    def setUp(self):
        super().setUp()
        self.target = self.folder / 'odoo.part'
        self.enterContext(patch.object(platform, 'freedesktop_os_release', lambda: {'VERSION_CODENAME': 'trixie'}))
        self.stand_in('git', 'for target; do :; done; mkdir -p "$target" && touch "$target/odoo-bin"')

    def apt_get(self, mirror, download='touch odoo-19.deb'):
        """Play a system with apt, its mirror, and what becomes of a download."""
        self.stand_in('apt-get', f'case "$*" in *indextargets*) echo {mirror};; *" download "*) {download};; esac')
        self.stand_in('dpkg', 'mkdir -p "$3/usr/bin" && touch "$3/usr/bin/odoo"')

    def assert_cloned(self):
        [call] = self.calls('git')
        self.assertIn(f'--depth 1 --branch 19.0 https://github.com/odoo/odoo {self.target}', call)
        self.assertTrue((self.target / 'odoo-bin').exists())

    def test_debian_unpacks_its_package(self):
        self.apt_get(DEBIAN_MIRROR)
        odoo_source.obtain(self.target)
        self.assertTrue((self.target / 'usr' / 'bin' / 'odoo').exists())
        [download] = [call for call in self.calls('apt-get') if ' download ' in call]
        self.assertIn('odoo-19/sid', download)
        self.assertIn('fonts-font-awesome/trixie', download)
        self.assertFalse(self.calls('git'))

    def test_debian_without_the_package_clones(self):
        self.apt_get(DEBIAN_MIRROR, download=FAILS)
        odoo_source.obtain(self.target)
        self.assert_cloned()
        self.assertIn("Debian's package did not work", self.said.getvalue())

    def test_a_package_that_cannot_be_unpacked_leaves_nothing_behind(self):
        self.apt_get(DEBIAN_MIRROR)
        self.stand_in('dpkg', f'mkdir -p "$3/usr" && {FAILS}')
        odoo_source.obtain(self.target)
        self.assert_cloned()
        self.assertFalse((self.target / 'usr').exists())

    def test_ubuntu_clones(self):
        self.apt_get(UBUNTU_MIRROR)
        odoo_source.obtain(self.target)
        self.assert_cloned()
        self.assertFalse([call for call in self.calls('apt-get') if 'download' in call])

    def test_a_system_without_apt_clones(self):
        odoo_source.obtain(self.target)
        self.assert_cloned()

    def test_when_no_way_works_the_message_names_each_reason_and_what_to_do(self):
        self.apt_get(UBUNTU_MIRROR)
        self.stand_in('git', FAILS)
        with self.assertRaises(SetupError) as refused:
            odoo_source.obtain(self.target)
        for words in ("no Debian mirror", "it is not to be had", "ODOO_HOME", "ODOO_DEB"):
            self.assertIn(words, str(refused.exception))

    def test_an_odoo_of_ones_own_without_odoo_in_it_is_refused(self):
        os.environ['ODOO_HOME'] = str(self.folder)
        with self.assertRaisesRegex(SetupError, "ODOO_HOME"):
            odoo_source.ensure()
        self.assertFalse(self.calls('git'))


@tagged('post_install', '-at_install')
class TestBrowser(SetupCase):

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(browser, 'HOME', self.folder))
        self.enterContext(patch.object(browser, 'FOLDER', self.folder / 'browser'))
        self.on('linux', 'x86_64')
        self.stand_in('sudo', 'shift; exec "$@"')

    def on(self, system, machine):
        self.enterContext(patch.object(sys, 'platform', system))
        self.enterContext(patch.object(platform, 'machine', lambda: machine))

    def npm_package(self, program):
        """Play npm and node with a package whose program is a script."""
        packed = self.folder / 'packed'
        packed.mkdir()
        (packed / 'chromium.br').write_text(f'#!/bin/sh\n{program}\n')
        for name in ('al2023', 'swiftshader', 'fonts'):
            with tarfile.open(packed / f'{name}.tar.br', 'w') as archive:
                archive.addfile(tarfile.TarInfo('fonts.conf' if name == 'fonts' else f'{name}.so'))
        with tarfile.open(self.folder / 'package.tgz', 'w:gz') as archive:
            archive.add(packed, 'package/bin')
        self.stand_in('npm', f'cp {self.folder}/package.tgz .')
        self.stand_in('node', 'cp "$3" "$4"')

    def test_a_chromium_that_starts_is_taken_as_it_is(self):
        chromium = self.stand_in('chromium', STARTS)
        browser.ensure()
        self.assertEqual(browser.find(), chromium)
        self.assertFalse(browser.tools_path())

    def test_an_edge_is_taken_where_the_name_of_chromium_only_asks_for_a_snap(self):
        self.stand_in('apt-get', STARTS)
        self.stand_in('chromium-browser', FAILS)
        self.stand_in('microsoft-edge', STARTS)
        browser.ensure()
        self.assertEqual(browser.find(), f'{browser.FOLDER}/bin/google-chrome')
        odoo_source.run(browser.find(), '--headless', 'about:blank')
        self.assertEqual(self.calls('microsoft-edge')[-1], '--headless about:blank')
        self.assertFalse(self.calls('apt-get'))

    def test_a_wrapper_goes_when_a_chromium_is_installed_after_all(self):
        edge = Path(self.stand_in('microsoft-edge', STARTS))
        browser.ensure()
        edge.unlink()
        chromium = self.stand_in('chromium', STARTS)
        browser.ensure()
        self.assertEqual(browser.find(), chromium)

    def test_without_a_browser_the_systems_package_is_installed(self):
        self.stand_in('apt-get', f'case "$*" in *install*) cp {self.stand_in("prepared", STARTS)} {self.programs}/chromium;; esac')
        browser.ensure()
        self.assertEqual(browser.find(), f'{self.programs}/chromium')

    def test_without_a_package_of_the_system_npms_is_unpacked(self):
        self.stand_in('apt-get', FAILS)
        self.npm_package('echo "$LD_LIBRARY_PATH"')
        browser.ensure()
        self.assertEqual(browser.find(), f'{browser.FOLDER}/bin/google-chrome')
        self.assertEqual(odoo_source.run(browser.find()).strip(), f'{browser.FOLDER}/program/lib')
        self.assertIn(browser.NPM_PACKAGE, self.calls('npm')[0])
        browser.ensure()
        self.assertEqual(len(self.calls('npm')), 1, "what is there is not fetched again")

    def test_a_browser_of_npm_that_does_not_start_is_none(self):
        self.npm_package(FAILS)
        with self.assertRaisesRegex(SetupError, "does not start here"):
            browser.obtain()
        self.assertIsNone(browser.find())

    def test_when_no_way_works_the_message_names_each_reason_and_what_to_do(self):
        self.on('linux', 'riscv64')
        self.stand_in('apt-get', FAILS)
        browser.ensure()
        for words in ("none is installed", "it is not to be had", "riscv64", "Install Chromium, Google Chrome or Microsoft Edge"):
            self.assertIn(words, self.said.getvalue())

    def test_macos_takes_what_odoos_tests_look_for(self):
        self.on('darwin', 'arm64')
        chrome = self.stand_in('Google Chrome', STARTS)
        with patch.object(browser, 'APPLICATIONS', (chrome,)):
            browser.ensure()
            self.assertEqual(browser.find(), chrome)
        with patch.object(browser, 'APPLICATIONS', ()), self.assertRaisesRegex(SetupError, "/Applications"):
            browser.obtain()

    def test_no_browser_fails_the_tests_in_ci_alone(self):
        testing._check_parts()
        os.environ['CI'] = 'true'
        with self.assertRaisesRegex(SetupError, "browser tests cannot run"):
            testing._check_parts()


@tagged('post_install', '-at_install')
class TestTryInTurn(SetupCase):

    def test_the_first_way_that_works_is_the_last_one_tried(self):
        def fails():
            raise SetupError("not here")

        def is_not_tried():
            self.fail("a way was tried after one that worked")

        self.assertEqual(try_in_turn("thing", [("one", fails), ("two", lambda: 2), ("three", is_not_tried)], "buy one"), 2)
