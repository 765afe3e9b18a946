import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { destroy, expect, test } from "@odoo/hoot";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { Component, xml } from "@odoo/owl";
import { contains, defineModels, models, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { useFinishedConsents } from "@account_xero/consent/consent_hook";

let outcome;

class XeroConsent extends models.Model {
    _name = "xero.consent";

    count_pending() {
        return 1;
    }

    finish_pending() {
        return outcome;
    }
}

class Screen extends Component {
    static template = xml`<div/>`;
    static props = {};

    setup() {
        useFinishedConsents(async () => expect.step("reload"));
    }
}

defineMailModels();
defineModels([XeroConsent]);

/** Returns the screen while the server still tests the connection. */
async function openScreen() {
    outcome = new Deferred();
    const screen = await mountWithCleanup(Screen);
    await animationFrame();
    expect(".o_notification").toHaveText(/Processing your consent/);
    return screen;
}

async function answer(values = {}) {
    outcome.resolve({ results: [{ ok: true, message: "Harbour is connected again." }], restored: true, broken: 1, ...values });
    await animationFrame();
    await animationFrame();
}

test("shows the result of a consent and loads the connections again", async () => {
    await openScreen();
    await answer();
    expect(".o_notification").toHaveCount(1);
    expect(".o_notification").toHaveText(/Harbour is connected again/);
    expect.verifySteps(["reload"]);
});

test("shows the result to a user who has left the page", async () => {
    destroy(await openScreen());
    await answer();
    expect(".o_notification").toHaveCount(1);
    expect(".o_notification").toHaveText(/Harbour is connected again/);
    expect.verifySteps([]);
});

/** Opens the screen as a user who comes from this address. */
async function comeFrom(pathname) {
    patchWithCleanup(browser.location, { pathname, search: "", assign: (url) => expect.step(url) });
    return openScreen();
}

test("goes back to the page before the connections when every connection works again", async () => {
    destroy(await comeFrom("/odoo/customer-invoices/7"));
    await comeFrom("/odoo/action-account_xero.xero_connection_action");
    await answer({ broken: 0 });
    // Whether documents waited is said by the notification alone
    expect(".modal-body").toHaveText("Every connection works again.");
    await contains(".modal-footer button:contains(Finish)").click();
    expect.verifySteps(["reload", "/odoo/customer-invoices/7"]);
});

test("stays if the user came from nowhere", async () => {
    await comeFrom("/odoo/xero-connections/5");
    await answer({ broken: 0 });
    expect(".modal-footer button").toHaveText("Ok");
    await contains(".modal-footer button").click();
    expect(".modal").toHaveCount(0);
    expect.verifySteps(["reload"]);
});

test("asks nothing if no connection was broken", async () => {
    await openScreen();
    await answer({ restored: false, broken: 0 });
    expect(".modal").toHaveCount(0);
    expect.verifySteps(["reload"]);
});
