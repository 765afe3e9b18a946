import { defineMailModels, start, startServer } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { hover, leave } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, getService, serverState } from "@web/../tests/web_test_helpers";

defineMailModels();

const TOAST = ".o_xero_notification";
const REASON = "Xero no longer lets Odoo into Harbour Site AU: it was disconnected in Xero, or Anna lost access to it. Reauthenticate.";

/** As an action of the server does. */
async function show(type, message, next) {
    await getService("action").doAction({ type: "ir.actions.client", tag: "account_xero_notify", params: { type, message, next } });
    await animationFrame();
}

async function pass(milliseconds) {
    await advanceTime(milliseconds);
    await animationFrame();
}

test("a notification leaves when it can have been read: a short success soon, a reason later, none stays", async () => {
    await start();
    await show("success", "Saved.");
    await show("warning", REASON);
    expect(TOAST).toHaveCount(2);
    await pass(5000);
    expect(TOAST).toHaveCount(1);
    expect(TOAST).toHaveText(/no longer lets Odoo/);
    await pass(5000);
    expect(TOAST).toHaveCount(1);
    await pass(20000);
    expect(TOAST).toHaveCount(0);
});

test("an error of a button is a dialog, which a person closes before the page goes on", async () => {
    await start();
    show("danger", REASON, { type: "ir.actions.client", tag: "account_xero_notify", params: { message: "Next" } });
    await animationFrame();
    expect(".o_dialog .modal-body").toHaveText(REASON);
    await pass(60000);
    expect(".o_dialog").toHaveCount(1);
    expect(TOAST).toHaveCount(0);
    await contains(".o_dialog footer button").click();
    await animationFrame();
    expect(".o_dialog").toHaveCount(0);
    expect(TOAST).toHaveText("Next");
});

test("it waits while the pointer is on it", async () => {
    await start();
    await show("success", "Saved.");
    await hover(TOAST);
    await pass(60000);
    expect(TOAST).toHaveCount(1);
    await leave(TOAST);
    await pass(10000);
    expect(TOAST).toHaveCount(0);
});

test("text is no markup, and the next action is done", async () => {
    await start();
    await show("info", "Account <b>200</b> costs 5%.", { type: "ir.actions.client", tag: "account_xero_notify", params: { message: "Next" } });
    expect(TOAST).toHaveCount(2);
    expect(`${TOAST}:first`).toHaveText("Account <b>200</b> costs 5%.");
});

test("the server's notices are shown on any page", async () => {
    const pyEnv = await startServer();
    await start();
    const [partner] = pyEnv["res.partner"].browse(serverState.partnerId);
    pyEnv["bus.bus"]._sendone(partner, "account_xero_notify", { type: "danger", title: "First sync of Harbour", message: "It stopped." });
    await animationFrame();
    await pass(100);
    expect(TOAST).toHaveText("First sync of Harbour. It stopped.");
});
