/** Native memory and numbering on which stores stand; nothing here is seen by embedders. */
package kiln.runtime.internal;
