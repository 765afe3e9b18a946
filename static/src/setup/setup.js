import { Component, onMounted, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { useFinishedConsents } from "../consent/consent_hook";
import { slowing, usePolling } from "../follow/polling_hook";

const QUICK = 2000; // milliseconds

/** The four steps from nothing to the first invoice in Xero, with what is done. */
export class XeroSetup extends Component {
    static template = "account_xero.Setup";
    static components = { CopyButton };
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ setup: { steps: [], notice: "" }, isBusy: false });
        this.since = Date.now(); // when what moves began, or was last looked at by a person
        onWillStart(() => this.load());
        useFinishedConsents(() => this.restart());
        // Somebody comes back from Xero's developer site, or from another tab of Odoo
        useExternalListener(window, "focus", () => this.restart());
        this.wait = usePolling(
            async () => {
                if (document.visibilityState === "visible") {
                    await this.load();
                }
                return this.state.setup.is_moving;
            },
            () => slowing(this.since, QUICK)
        );
        onMounted(() => this.follow());
    }

    /** Loads the screen again and again while something moves, less often the longer it lasts. */
    follow() {
        this.since = Date.now();
        if (this.state.setup.is_moving) {
            this.wait();
        }
    }

    async restart() {
        await this.load();
        this.follow();
    }

    async load() {
        this.state.setup = await this.orm.silent.call("xero.setup", "retrieve_setup", []);
    }

    /** The first step that is not done: the one whose button is coloured. */
    get current() {
        return this.state.setup.steps.find((step) => !step.is_done)?.name;
    }

    /**
     * Opens what the button of a step opens. The dialog does not wait for the steps when it closes: a page that was replaced meanwhile never
     * gets its answer, and the dialog would stay.
     */
    async open({ method }) {
        await this.run("onboarding.onboarding.step", method, { onClose: () => void this.restart() });
    }

    /** Asks those who may set up the export. */
    async ask() {
        await this.run("xero.setup", "ask_to_set_up");
        await this.load();
    }

    async run(model, method, options) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.action.doAction(await this.orm.call(model, method, []), options);
        } finally {
            this.state.isBusy = false;
        }
    }
}

class XeroSetupAction extends Component {
    static template = "account_xero.SetupAction";
    static components = { Layout, XeroSetup };
    static props = { ...standardActionServiceProps };

    display = { controlPanel: {} };
}

registry.category("actions").add("account_xero.setup", XeroSetupAction);
