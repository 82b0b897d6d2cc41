package kiln.cli.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.security.SecureRandom;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SystemRandomTest {
    @Test
    void numbersAreRandom() throws Exception {
        SystemRandom provider = new SystemRandom();
        SecureRandom random = SecureRandom.getInstance("NativePRNGNonBlocking", provider);
        assertEquals(provider, random.getProvider());
        byte[] one = new byte[32];
        byte[] other = new byte[32];
        random.nextBytes(one);
        random.nextBytes(other);
        assertFalse(Arrays.equals(one, other));
        assertFalse(Arrays.equals(random.generateSeed(32), other));
        assertNull(provider.getService("MessageDigest", "SHA-256"));
    }

    /** Who uses random numbers for anything else has the JDK's. */
    @Test
    void nobodyElseGetsThem() throws Exception {
        SystemRandom.readySockets();
        assertFalse(SecureRandom.getInstance("NativePRNGNonBlocking").getProvider() instanceof SystemRandom);
    }
}
