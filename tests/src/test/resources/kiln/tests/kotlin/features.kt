// What Kotlin programs are made of, a line of output for each: interfaces, generics, lambdas, exceptions, collections,
// strings, numbers, sequences (which are coroutines), and objects that know each other.

sealed interface Shape {
    val name: String

    fun area(): Double
}

data class Circle(val radius: Double) : Shape {
    override val name get() = "circle"

    override fun area() = 3.0 * radius * radius
}

data class Box(val width: Double, val height: Double) : Shape {
    override val name get() = if (width == height) "square" else "box"

    override fun area() = width * height
}

object Nothing1 : Shape {
    override val name = "nothing"

    override fun area() = 0.0
}

open class Account(private var balance: Long) {
    class Overdrawn(val missing: Long) : Exception("overdrawn by $missing")

    open fun withdraw(sum: Long): Long {
        if (sum > balance) throw Overdrawn(sum - balance)
        balance -= sum
        return balance
    }
}

class Patient(balance: Long) : Account(balance) {
    var refusals = 0

    override fun withdraw(sum: Long): Long =
        try {
            super.withdraw(sum)
        } catch (e: Overdrawn) {
            refusals++
            -e.missing
        } finally {
            log += if (refusals > 0) "!" else "."
        }
}

private var log = ""

class Node<T : Comparable<T>>(val value: T) {
    var left: Node<T>? = null
    var right: Node<T>? = null

    fun add(v: T) {
        if (v < value) {
            left?.add(v) ?: run { left = Node(v) }
        } else {
            right?.add(v) ?: run { right = Node(v) }
        }
    }

    fun walk(see: (T) -> Unit) {
        left?.walk(see)
        see(value)
        right?.walk(see)
    }
}

fun fibonacci() = sequence {
    var a = 0L
    var b = 1L
    while (true) {
        yield(a)
        a = b.also { b += a }
    }
}

fun depth(n: Int): Int = if (n == 0) throw IllegalStateException("deep") else depth(n - 1) + 1

inline fun <reified T> count(things: List<Any?>) = things.count { it is T }

fun kind(x: Any?): String =
    when (x) {
        null -> "null"
        is Int -> "int ${x + 1}"
        is Long -> "long ${x - 1}"
        is Char -> "char ${x.code}"
        is String -> "text of ${x.length}"
        is IntArray -> "ints ${x.sum()}"
        is List<*> -> "list of ${x.size}"
        else -> x::class.simpleName ?: "?"
    }

fun main() {
    val shapes = listOf(Circle(2.0), Box(3.0, 4.5), Box(2.0, 2.0), Nothing1)
    println(shapes.sortedByDescending { it.area() }.joinToString { "${it.name} ${it.area()}" })
    println(shapes.first() == Circle(2.0) && shapes[1] != Box(3.0, 4.0))
    println((shapes[1] as Box).copy(height = 3.0))

    val patient = Patient(100)
    println(listOf(30L, 90L, 70L, 1L).map { patient.withdraw(it) }.toString() + log + patient.refusals)
    println(runCatching { Account(5).withdraw(7) }.exceptionOrNull()?.message)
    println(runCatching { depth(1000) }.exceptionOrNull()?.message)
    try {
        val shape: Any = shapes[0]
        println((shape as Box).width)
    } catch (e: ClassCastException) {
        println("no box")
    }
    try {
        println(ArrayList(shapes)[shapes.size])
    } catch (e: IndexOutOfBoundsException) {
        println("no fifth")
    }

    val words = "the quick brown fox jumps over the lazy dog and the cat".split(" ")
    println(words.groupingBy { it.length }.eachCount().entries.sortedBy { it.key }.joinToString(" ") { "${it.key}:${it.value}" })
    val tree = Node(words[0]).also { root -> words.drop(1).forEach(root::add) }
    println(buildString { tree.walk { append(it[0]) } })
    println(words.toSet().sorted().reversed().take(3))
    val ages = HashMap<String, MutableList<Int>>()
    for (i in 0 until 2000) ages.getOrPut("k${i % 97}") { ArrayList() }.add(i)
    println(ages.values.sumOf { it.size } + ages.getValue("k13").last())

    println(fibonacci().dropWhile { it < 1_000_000_000_000 }.take(3).toList())
    println((1..20).fold(1L) { a, i -> a * i }.toString(36) + " " + Long.MIN_VALUE + " " + 0x7fff_ffff.inv().rotateLeft(3))
    println("${1.0 / 3} ${1e21} ${Double.NaN} ${-0.0} ${100.0f} ${(2.5).toInt()} ${"12".toInt() * "-3".toLong()}")
    println("Grüße, 世界 🙂".map { it.code }.sum().toString() + " " + "Grüße".uppercase().reversed())

    val things = listOf(1, 2L, 'c', "four", intArrayOf(5, 6), listOf(7), null, shapes[0], 3.5)
    println(things.joinToString(";") { kind(it) })
    println("${count<Int>(things)} ${count<Number>(things)} ${count<Shape>(things)} ${count<CharSequence>(things)}")

    var kept = arrayOfNulls<Any>(500)
    var sum = 0L
    for (round in 0 until 200_000) {
        val old = kept[round % 500]
        if (old is Pair<*, *>) sum += (old.first as Int) - (old.second as String).length
        kept[round % 500] = Pair(round, "n$round")
    }
    println(sum)
}
