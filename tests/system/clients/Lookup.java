/*
 * Lookup HOW NAME: `host` through InetAddress, or a record type through the
 * DNS provider of JNDI, which clients use for TXT.  One value a line.
 */
import java.net.InetAddress;
import java.util.Hashtable;
import javax.naming.NamingEnumeration;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

public class Lookup {
	public static void main(String[] args) throws Exception {
		if (args[0].equals("host")) {
			for (InetAddress a : InetAddress.getAllByName(args[1]))
				System.out.println(a.getHostAddress());
			return;
		}
		Hashtable<String, String> env = new Hashtable<>();
		env.put("java.naming.factory.initial",
		    "com.sun.jndi.dns.DnsContextFactory");
		Attribute found = new InitialDirContext(env)
		    .getAttributes(args[1], new String[] { args[0] })
		    .get(args[0]);
		NamingEnumeration<?> values = found.getAll();
		while (values.hasMore())
			System.out.println(values.next());
	}
}
