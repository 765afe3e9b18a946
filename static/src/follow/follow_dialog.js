import { Component, markup, onMounted, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { htmlJoin } from "@web/core/utils/html";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { notify } from "../notify/notify";
import { slowing, usePolling } from "./polling_hook";

/** Event on the environment's bus: the state of an export in the dialog has changed. */
export const PROGRESS = "ACCOUNT_XERO:PROGRESS";

const INTERVAL = 500;
const PATIENCE = 20000;
const REASONS_SHOWN = 3;
const STATES = {
    waiting: { label: _t("Waiting"), color: "info" },
    sending: { label: _t("Sending"), color: "info" },
    uncertain: { label: _t("Uncertain"), color: "warning" },
    failed: { label: _t("Failed"), color: "danger" },
    synced: { label: _t("Synced"), color: "success" },
    skipped: { label: _t("Skipped"), color: "secondary" },
};

/** Returns why an export is not synced: a sentence that names its document once. */
function reasonOf({ name, message }) {
    if (!message) {
        return name;
    }
    return message.includes(name) ? message : `${name}: ${message}`;
}

/**
 * Shows the progress of exports until each has an outcome. Then it closes and reports how many were sent and why others failed.
 *
 * It only reads. The connection's scheduled action does the work, with or without this dialog. After 20 seconds the dialog
 * asks the server to notify the user when the rest is done, so that the user may close it; while it is open it reads less and less often.
 */
export class FollowDialog extends Component {
    static template = "account_xero.FollowDialog";
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.states = STATES;
        this.exportIds = this.props.action.params.export_ids;
        this.notice = this.props.action.params.notice || "";
        const since = Date.now();
        this.until = since + PATIENCE;
        this.state = useState({ progress: {}, inBackground: false });
        this.env.dialogData.dismiss = () => this.close();
        const wait = usePolling(async () => {
            await this.look();
            return this.goOn();
        }, () => slowing(since, INTERVAL));
        onWillStart(() => this.look());
        onMounted(async () => {
            if (await this.goOn()) {
                wait();
            }
        });
    }

    async look() {
        const before = this.state.progress.done;
        this.state.progress = await this.orm.silent.call("xero.export", "get_progress", [this.exportIds]);
        if (before !== this.state.progress.done) {
            this.env.bus.trigger(PROGRESS);
        }
    }

    /** Closes the dialog when all is done. Returns whether to look again. */
    async goOn() {
        if (this.state.progress.finished) {
            if (!this.state.inBackground) {
                this.report(); // else the server does
            }
            await this.close();
            return false;
        }
        if (Date.now() >= this.until && !this.state.inBackground) {
            this.state.inBackground = true;
            await this.orm.silent.call("xero.export", "tell_me_when_done", [this.exportIds]);
        }
        return true;
    }

    /** Closes every dialog and loads the view below again. */
    close() {
        return this.action.doAction("soft_reload");
    }

    /** Exports that still wait are held back, by their connection for example; they give a reason as failed ones do. */
    report() {
        const { progress } = this.state;
        const waiting = progress.waiting + progress.sending;
        const counts = [
            [progress.synced, _t("%s synced", progress.synced)],
            [progress.failed, _t("%s failed", progress.failed)],
            [progress.uncertain, _t("%s uncertain", progress.uncertain)],
            [waiting, _t("%s waiting", waiting)],
            [progress.skipped, _t("%s skipped", progress.skipped)],
        ];
        const summary = counts.filter(([count]) => count).map(([, text]) => text);
        // The server sends only some of many rows
        const missed = progress.failed + progress.uncertain + waiting;
        const reasons = progress.rows.filter((row) => !["synced", "skipped"].includes(row.state)).slice(0, REASONS_SHOWN);
        const lines = [markup`<strong>${summary.join(", ")}</strong>`, ...reasons.map(reasonOf)];
        if (missed > reasons.length) {
            lines.push(_t("… and %s more", missed - reasons.length));
        }
        if (this.notice) {
            lines.push(this.notice);
        }
        notify(this.notification, htmlJoin(lines, markup`<br/>`), { type: missed || this.notice ? "warning" : "success" });
    }

    get percentage() {
        const { done, total } = this.state.progress;
        return total ? Math.round((100 * done) / total) : 100;
    }
}

registry.category("actions").add("account_xero_follow", FollowDialog);
