// How much room there is.
import { MediaQuery } from "svelte/reactivity";

/** A phone: one column, the list is a drawer. */
export const narrow = new MediaQuery("max-width: 759px", false);
/** Room for three columns; with less, what is happening is a page of its own. */
export const roomy = new MediaQuery("min-width: 1160px", true);
