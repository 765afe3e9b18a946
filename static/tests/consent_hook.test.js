import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { destroy, expect, test } from "@odoo/hoot";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import { Component, xml } from "@odoo/owl";
import { defineModels, models, mountWithCleanup } from "@web/../tests/web_test_helpers";
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

async function answer() {
    outcome.resolve({ results: [{ ok: true, message: "Harbour is connected again." }], broken: 1 });
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
