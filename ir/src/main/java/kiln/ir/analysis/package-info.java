/**
 * What passes and back ends want to know about a function. Each analysis is a snapshot in arrays by block or value
 * number, made by its constructor and stale once the function changes.
 */
package kiln.ir.analysis;
