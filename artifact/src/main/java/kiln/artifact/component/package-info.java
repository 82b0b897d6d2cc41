/** What the compiler and the runtime agree on about components: types as the canonical ABI sees them, and the plan. */
package kiln.artifact.component;
