package kiln.runtime;

/**
 * Marks exceptions of Java's that handlers in WebAssembly never see, not even with {@link Tag#java}: they end the call,
 * as the exit of a program does.
 */
public interface Unseen {}
