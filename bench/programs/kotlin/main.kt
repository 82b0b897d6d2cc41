// Work as object-oriented programs do it, in five parts that each print a sum: an N-queens with lists, a simulation of
// tasks that send each other packets through interfaces, an interpreter of expression trees, a hash map of words, and
// sorting objects with a comparator that is a lambda.

interface Task {
    fun run(packet: Packet?): Packet?
}

class Packet(val next: Packet?, val kind: Int, val data: IntArray)

class Worker(private var seed: Int) : Task {
    private var handled = 0

    override fun run(packet: Packet?): Packet? {
        if (packet == null) return null
        handled++
        for (i in packet.data.indices) {
            seed = seed * 1103515245 + 12345
            packet.data[i] = packet.data[i] xor (seed ushr 16)
        }
        return Packet(packet.next, packet.kind xor 1, packet.data)
    }
}

class Device : Task {
    private val waiting = ArrayDeque<Packet>()

    override fun run(packet: Packet?): Packet? {
        if (packet != null) waiting.addLast(packet)
        return if (waiting.size > 4) waiting.removeFirst() else null
    }
}

class Counter : Task {
    var sum = 0L

    override fun run(packet: Packet?): Packet? {
        var p = packet
        while (p != null) {
            for (x in p.data) sum = sum * 31 + x
            p = p.next
        }
        return packet
    }
}

fun tasks(rounds: Int): Long {
    val counter = Counter()
    val ring: List<Task> = listOf(Worker(1), Device(), counter, Worker(7), Device(), Worker(9))
    var packet: Packet? = null
    for (round in 0 until rounds) {
        if (packet == null) packet = Packet(null, round and 1, IntArray(4) { it + round })
        packet = ring[round % ring.size].run(packet)
    }
    return counter.sum
}

sealed class Expression {
    abstract fun value(x: Int): Int
}

class Constant(val number: Int) : Expression() {
    override fun value(x: Int) = number
}

object Argument : Expression() {
    override fun value(x: Int) = x
}

class Binary(val operator: Char, val left: Expression, val right: Expression) : Expression() {
    override fun value(x: Int): Int {
        val a = left.value(x)
        val b = right.value(x)
        return when (operator) {
            '+' -> a + b
            '-' -> a - b
            else -> a * b
        }
    }
}

fun simplify(e: Expression): Expression {
    if (e !is Binary) return e
    val left = simplify(e.left)
    val right = simplify(e.right)
    return when {
        left is Constant && right is Constant -> Constant(Binary(e.operator, left, right).value(0))
        e.operator == '*' && right is Constant && right.number == 1 -> left
        e.operator == '+' && left is Constant && left.number == 0 -> right
        else -> Binary(e.operator, left, right)
    }
}

fun grow(depth: Int, seed: Int): Expression =
    if (depth == 0) {
        if (seed % 3 == 0) Argument else Constant(seed % 3 - 1)
    } else {
        Binary("+-*"[seed % 3], grow(depth - 1, seed * 5 % 1009), grow(depth - 1, seed * 7 % 1013))
    }

fun expressions(rounds: Int): Long {
    var sum = 0L
    for (round in 1..rounds) {
        val e = grow(9, round)
        val s = simplify(e)
        for (x in 0 until 4) sum += e.value(x) + s.value(x)
    }
    return sum
}

fun words(rounds: Int): Long {
    val counts = HashMap<String, Int>()
    val text = StringBuilder()
    var seed = 17
    for (i in 0 until rounds) {
        text.clear()
        seed = seed * 1664525 + 1013904223
        var rest = (seed ushr 8) % 5000
        do {
            text.append('a' + rest % 26)
            rest /= 26
        } while (rest > 0)
        val word = text.toString()
        counts[word] = (counts[word] ?: 0) + 1
    }
    return counts.entries.sumOf { it.key.hashCode().toLong() * it.value }
}

class Person(val name: Int, val age: Int)

fun sorting(rounds: Int): Long {
    var sum = 0L
    var seed = 5
    for (round in 0 until rounds) {
        val people = List(2000) {
            seed = seed * 1664525 + 1013904223
            Person(seed, (seed ushr 10) % 100)
        }
        val sorted = people.sortedWith(compareBy<Person> { it.age }.thenByDescending { it.name })
        sum = sum * 31 + sorted[round % sorted.size].name + sorted.filter { it.age > 50 }.map { it.age }.sum()
    }
    return sum
}

fun queens(n: Int, placed: List<Int> = emptyList()): Int {
    if (placed.size == n) return 1
    var solutions = 0
    for (column in 0 until n) {
        val free = placed.withIndex().none { (row, c) ->
            c == column || c - column == placed.size - row || column - c == placed.size - row
        }
        if (free) solutions += queens(n, placed + column)
    }
    return solutions
}

fun main() {
    println("queens ${queens(8)}")
    println("tasks ${tasks(2_000_000)}")
    println("expressions ${expressions(300)}")
    println("words ${words(300_000)}")
    println("sorting ${sorting(20)}")
}
