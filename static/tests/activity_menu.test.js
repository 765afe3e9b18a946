import { contains, defineMailModels, start, startServer } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, models, onRpc, serverState } from "@web/../tests/web_test_helpers";

class XeroConnection extends models.Model {
    _name = "xero.connection";
    name = fields.Char();
}

defineMailModels();
defineModels([XeroConnection]);

const COUNTER = ".o-mail-ActivityMenu-counter";

async function schedule(pyEnv, model) {
    const res_id = pyEnv[model].create({ name: "Harbour" });
    return pyEnv["mail.activity"].create({ res_id, res_model: model });
}

/** As the server does when another user makes or closes an activity. */
async function tell(pyEnv, values) {
    const [partner] = pyEnv["res.partner"].browse(serverState.partnerId);
    pyEnv["bus.bus"]._sendone(partner, "mail.activity/updated", values);
    await animationFrame();
    await advanceTime(1500);
    await animationFrame();
}

test("the number is red while a connection needs a person", async () => {
    const pyEnv = await startServer();
    await schedule(pyEnv, "xero.connection");
    await start();
    await contains(COUNTER, { text: "1" });
    expect(COUNTER).toHaveClass("o_xero_urgent");
});

test("other activities leave it as it is", async () => {
    const pyEnv = await startServer();
    await schedule(pyEnv, "res.partner");
    await start();
    await contains(COUNTER, { text: "1" });
    expect(COUNTER).not.toHaveClass("o_xero_urgent");
});

test("it turns red, and green again, without being opened", async () => {
    onRpc("has_group", () => true);
    const pyEnv = await startServer();
    await schedule(pyEnv, "res.partner");
    await start();
    await contains(COUNTER, { text: "1" });
    const activity = await schedule(pyEnv, "xero.connection");
    await tell(pyEnv, { activity_created: true });
    await contains(`${COUNTER}.o_xero_urgent`, { text: "2" });
    pyEnv["mail.activity"].unlink([activity]);
    await tell(pyEnv, { activity_deleted: true });
    await contains(`${COUNTER}:not(.o_xero_urgent)`, { text: "1" });
});
