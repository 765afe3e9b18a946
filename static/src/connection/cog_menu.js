import { evaluateBooleanExpr } from "@web/core/py_js/py";
import { pick } from "@web/core/utils/objects";
import { FormArchParser } from "@web/views/form/form_arch_parser";
import { processButton } from "@web/views/utils";

const FIRST = 20; // Odoo's own items: Duplicate is 30, Archive 40, Delete 50

/**
 * Takes the buttons of `<div name="cog">` out of the header of a form. They become items of the cog menu, so that a view decides which buttons
 * stand in the header and which there, with the same attributes for both: `invisible`, `groups`, `confirm` and so on.
 */
export class CogArchParser extends FormArchParser {
    parse(xmlDoc, ...args) {
        const cogButtons = [];
        for (const cog of xmlDoc.querySelectorAll("header > div[name=cog]")) {
            cogButtons.push(...[...cog.querySelectorAll("button")].map(processButton));
            cog.remove();
        }
        return { ...super.parse(xmlDoc, ...args), cogButtons };
    }
}

/**
 * @param {import("@web/views/form/form_controller").FormController} controller of a form whose arch was parsed by `CogArchParser`
 * @returns {Object} items, as `getStaticActionMenuItems` returns them
 */
export function cogItems(controller) {
    const isShown = ({ invisible }, { isNew, evalContextWithVirtualIds }) =>
        !isNew && !(invisible && evaluateBooleanExpr(invisible, evalContextWithVirtualIds));
    const items = controller.archInfo.cogButtons.map((button, index) => [
        `cog_${index}`,
        {
            isAvailable: () => isShown(button, controller.model.root),
            sequence: FIRST + index / 100,
            icon: button.icon && `fa ${button.icon}`,
            description: button.string,
            callback: () =>
                controller.env.onClickViewButton({
                    clickParams: button.clickParams,
                    getResParams: () => pick(controller.model.root, "context", "evalContext", "resModel", "resId", "resIds"),
                }),
        },
    ]);
    return Object.fromEntries(items);
}
