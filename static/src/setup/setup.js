import { Component, onMounted, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { useFinishedConsents } from "../consent/consent_hook";
import { usePolling } from "../follow/polling_hook";

const INTERVAL = 2000; // milliseconds

/** The four steps from nothing to the first invoice in Xero, with what is done. */
export class XeroSetup extends Component {
    static template = "account_xero.Setup";
    static components = { CopyButton };
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ setup: { steps: [], notice: "" }, isBusy: false });
        onWillStart(() => this.load());
        useFinishedConsents(() => this.load());
        // Somebody comes back from Xero's developer site, or from another tab of Odoo
        useExternalListener(window, "focus", () => this.load());
        onMounted(
            usePolling(async () => {
                if (this.state.setup.is_moving && document.visibilityState === "visible") {
                    await this.load();
                }
                return true;
            }, INTERVAL)
        );
    }

    async load() {
        this.state.setup = await this.orm.silent.call("xero.setup", "retrieve_setup", []);
    }

    /** The first step that is not done: the one whose button is coloured. */
    get current() {
        return this.state.setup.steps.find((step) => !step.is_done)?.name;
    }

    async open({ method }) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            const action = await this.orm.call("onboarding.onboarding.step", method, []);
            await this.action.doAction(action, { onClose: () => this.load() });
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
