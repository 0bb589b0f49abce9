/*
 * test_query_parse.c - a question's packet, octet by octet.
 */
#include "zones/query/query.h"

#include "query_world.h"

/*
 * Packets by their octets: header behind the id, then the rest.  REPLY is
 * how it begins: flags and counts; "" is none.
 */
#define Q              "\003web\010internal\000\000\034\000\001"
#define OPT(size, ttl) "\000\000\051" size ttl "\000\000"
static const struct {
	const char *packet;
	size_t len;
	const char *reply; /* 10 octets behind the id */
	size_t reply_len;
} packets[] = {
#define ROW(packet, reply, len)                                                \
	{                                                                      \
		packet, sizeof(packet) - 1, reply, len                         \
	}
	/* shorter than a header */
	ROW("\001\000\000\001\000\000\000\000\000", "", 0),
	/* a response, whatever it says */
	ROW("\200\000\000\001\000\000\000\000\000\000" Q, "", 0),
	/* a bare header of each opcode but QUERY: nothing but QR and opcode */
	ROW("\017\377\000\000\000\000\000\000\000\000",
	    "\210\004\000\000\000\000\000\000\000\000", 12),
	ROW("\041\000\000\001\000\000\000\000\000\000" Q, /* NOTIFY */
	    "\240\004\000\000\000\000\000\000\000\000", 12),
	ROW("\051\000\000\001\000\000\000\000\000\000" Q, /* UPDATE */
	    "\250\004\000\000\000\000\000\000\000\000", 12),
	/* no question, two, a question that is cut */
	ROW("\001\000\000\000\000\000\000\000\000\000",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\002\000\000\000\000\000\000" Q Q,
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\001\000\000\000\000\000\000\003web\010intern",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	ROW("\001\000\000\001\000\000\000\000\000\000\003web\000\000",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* a pointer in the question's name */
	ROW("\001\000\000\001\000\000\000\000\000\000\300\014\000\034\000\001",
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* answers or authorities in a question */
	ROW("\001\000\000\001\000\001\000\000\000\000" Q,
	    "\200\001\000\000\000\000\000\000\000\000", 12),
	/* octets behind the end */
	ROW("\001\000\000\001\000\000\000\000\000\000" Q "\000",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* fewer records than it says */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q,
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* another class: CH */
	ROW("\001\000\000\001\000\000\000\000\000\000"
	    "\003web\010internal\000\000\034\000\003",
	    "\201\005\000\001\000\000\000\000\000\000", 30),
	/* AD, AA, TC, RA and Z are not echoed; RD and CD are */
	ROW("\007\360\000\001\000\000\000\000\000\000\004none\010internal\000"
	    "\000\034\000\001",
	    "\205\023\000\001\000\000\000\001\000\000", 0),
	ROW("\000\000\000\001\000\000\000\000\000\000\004none\010internal\000"
	    "\000\034\000\001",
	    "\204\003\000\001\000\000\000\001\000\000", 0),
	/* EDNS: version 1 */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q OPT(
		"\004\320", "\000\001\000\000"),
	    "\201\000\000\001\000\000\000\000\000\001", 41),
	/* two OPTs; one with a name */
	ROW("\001\000\000\001\000\000\000\000\000\002" Q OPT("\004\320",
		"\000\000\000\000") OPT("\004\320", "\000\000\000\000"),
	    "\201\001\000\001\000\000\000\000\000\001", 41),
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\001a\000\000\051\004\320\000\000\000\000\000\000",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* an option that is longer than the packet */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\000\000\051\004\320\000\000\000\000\000\004",
	    "\201\001\000\001\000\000\000\000\000\000", 30),
	/* an option that is longer than OPT; half an option; what is no cookie
	 */
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\000\000\051\004\320\000\000\000\000\000\006\000\003\000\003ab",
	    "\201\001\000\001\000\000\000\000\000\001", 41),
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\000\000\051\004\320\000\000\000\000\000\002\000\003",
	    "\201\001\000\001\000\000\000\000\000\001", 41),
	ROW("\001\000\000\001\000\000\000\000\000\001" Q
	    "\000\000\051\004\320\000\000\000\000\000\006\000\012\000\002ab",
	    "\201\001\000\001\000\000\000\000\000\001", 41),
	/* other additional records are let be, also with a pointer */
	ROW("\001\000\000\001\000\000\000\000\000\002"
	    "\004none\010internal\000\000\034\000\001"
	    "\300\014\000\001\000\001\000\000\000\000\000\004abcd" OPT(
		"\004\320", "\000\000\000\000"),
	    "\205\003\000\001\000\000\000\001\000\001", 0),
};

static void
test_packets(void **state)
{
	const struct ask q = { .from = ME };

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct asked a;

		print_message("row %zu\n", i);
		memcpy(a.pkt, "\xab\xcd", 2);
		memcpy(a.pkt + 2, packets[i].packet, packets[i].len);
		ask_raw(&a, &q, packets[i].len + 2, &env);
		if (packets[i].reply[0] == '\0') {
			assert_int_equal(a.next, QUERY_DROP);
			continue;
		}
		assert_int_equal(a.next, QUERY_SEND);
		assert_memory_equal(a.pkt, "\xab\xcd", 2);
		assert_memory_equal(a.pkt + 2, packets[i].reply, 10);
		if (packets[i].reply_len > 0)
			assert_int_equal(a.q.len, packets[i].reply_len);
		assert_non_null(a.reply);
		asked_release(&a);
	}
}

/* BADVERS is in two parts; DO comes back; our own size is said. */
static void
test_opt(void **state)
{
	const struct ask q = { .from = ME };
	static const char packet[] =
	    "\xab\xcd\001\000\000\001\000\000\000\000\000\001" Q OPT(
		"\000\001", "\000\001\200\000");
	struct asked a;

	(void)state;
	memcpy(a.pkt, packet, sizeof(packet) - 1);
	ask_raw(&a, &q, sizeof(packet) - 1, &env);
	assert_int_equal(a.next, QUERY_SEND);
	assert_int_equal(a.q.rcode, RCODE_BADVERS);
	assert_int_equal(ldns_pkt_edns_extended_rcode(a.reply), 1);
	assert_int_equal(ldns_pkt_edns_version(a.reply), 0);
	assert_true(ldns_pkt_edns_do(a.reply));
	assert_int_equal(ldns_pkt_edns_udp_size(a.reply), 8192);
	asked_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_packets, reset),
		cmocka_unit_test_setup(test_opt, reset),
	};

	return cmocka_run_group_tests(tests, start, end);
}
