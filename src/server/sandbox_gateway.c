/*
 * sandbox_gateway.c: the way out of sandboxes' networks.
 *
 * One slirp4netns, which needs no privileges, serves all sandboxes: it opens connections on the machine for
 * packets that arrive on a tap device.  That device is in a network in between, the gateway's, on a bridge;
 * each sandbox's network has one end of a cable (veth), and the other end is on the bridge, too.  These ends
 * are isolated: frames pass between them and the tap, never from one to another, so no sandbox reaches
 * another. Programs on the machine's 127.0.0.1 cannot be reached; programs on its other addresses can.
 * Link-local addresses cannot: clouds serve the machine's own credentials there.
 *
 * The launcher speaks to the kernel by rtnetlink on two sockets: one was opened in the gateway's network and
 * stays there, another is opened in each new network.
 */
#include "server/launcher_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 10.213.0.0/16; slirp4netns is .0.2, and the name server at .0.3. */
#define NETWORK "10.213.0.0/16"
enum {
    NETWORK_BITS = 16,
    FIRST_ADDRESS = 0x0ad50100, /* 10.213.1.0 */
    ROUTER_ADDRESS = 0x0ad50002,
    ADDRESSES = 60000,
    LINK_LOCAL_BITS = 16,
    READY_MS = 5000,
};

static const uint32_t link_local = 0xa9fe0000; /* 169.254.0.0 */

/* Sent in place of slirp4netns's ready byte. */
static const char not_there = '?';

static const char tap[] = "tap0", bridge[] = "bridge0", inside[] = "eth0";

/* ---- requests to the kernel ---- */

struct request {
    struct nlmsghdr header;
    char body[1024];
};

static struct request request_of(int type, int flags)
{
    return (struct request){.header = {.nlmsg_len = NLMSG_LENGTH(0),
                                       .nlmsg_type = (uint16_t)type,
                                       .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)}};
}

static void *end_of(struct request *request)
{
    return (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
}

static void add_bytes(struct request *request, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(end_of(request), bytes, size);
    request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + size);
}

static void add(struct request *request, int type, const void *bytes, size_t size)
{
    struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = (uint16_t)type};

    add_bytes(request, &attribute, sizeof attribute);
    add_bytes(request, bytes, size);
}

static void add_text(struct request *request, int type, const char *text)
{
    add(request, type, text, strlen(text) + 1);
}

static void add_number(struct request *request, int type, uint32_t number)
{
    add(request, type, &number, sizeof number);
}

static struct rtattr *begin_nest(struct request *request, int type)
{
    struct rtattr *nest = end_of(request);

    add(request, type, NULL, 0);
    return nest;
}

static void end_nest(struct request *request, struct rtattr *nest)
{
    nest->rta_len = (uint16_t)((char *)request + request->header.nlmsg_len - (char *)nest);
}

static void add_link(struct request *request, const char *name, unsigned flags)
{
    struct ifinfomsg link = {.ifi_flags = flags, .ifi_change = flags};

    add_bytes(request, &link, sizeof link);
    if (name)
        add_text(request, IFLA_IFNAME, name);
}

static bool send_request(int netlink, struct request *request)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[1024];
    } reply;

    if (send(netlink, request, request->header.nlmsg_len, 0) < 0 ||
        recv(netlink, &reply, sizeof reply, 0) < (ssize_t)(sizeof reply.header + sizeof reply.error.error))
        return false;
    errno = reply.header.nlmsg_type == NLMSG_ERROR ? -reply.error.error : EPROTO;
    return errno == 0;
}

static int open_netlink(void)
{
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* ---- the gateway ---- */

static bool make_bridge(int netlink)
{
    struct request request = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

    add_link(&request, bridge, IFF_UP);
    struct rtattr *info = begin_nest(&request, IFLA_LINKINFO);
    add_text(&request, IFLA_INFO_KIND, "bridge");
    end_nest(&request, info);
    return send_request(netlink, &request);
}

static bool change_link(int netlink, const char *name, unsigned flags, uint32_t master)
{
    struct request request = request_of(RTM_NEWLINK, 0);

    add_link(&request, name, flags);
    if (master)
        add_number(&request, IFLA_MASTER, master);
    return send_request(netlink, &request);
}

/* The index in the current network. */
static uint32_t index_of(const char *name)
{
    return if_nametoindex(name);
}

static void run_slirp(pid_t launcher, bool user_namespace, int ready_fd)
{
    char network[64], users[80], ready[32];

    snprintf(network, sizeof network, "/proc/%d/ns/net", (int)launcher);
    snprintf(users, sizeof users, "--userns-path=/proc/%d/ns/user", (int)launcher);
    snprintf(ready, sizeof ready, "--ready-fd=%d", ready_fd);
    execlp("slirp4netns", "slirp4netns", "--disable-host-loopback", "--enable-seccomp", "--cidr=" NETWORK,
           ready, "--netns-type=path", network, tap, user_namespace ? users : (char *)NULL, (char *)NULL);
}

/*
 * Waits for a byte that says that the launcher is in the gateway's network, and whether it has a user
 * namespace of its own.
 */
static _Noreturn void wait_and_run_slirp(pid_t launcher, int go_fd, int ready_fd)
{
    char user_namespace;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (read(go_fd, &user_namespace, 1) != 1)
        _exit(EXIT_SUCCESS);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    fcntl(ready_fd, F_SETFD, 0);
    run_slirp(launcher, user_namespace, ready_fd);
    (void)!write(ready_fd, &not_there, 1);
    _exit(EXIT_FAILURE);
}

void gateway_fork(struct launcher_state *state)
{
    pid_t launcher = getpid();
    int go[2], ready[2];

    state->gateway_netlink = state->gateway_network = state->slirp_go = state->slirp_ready = -1;
    if (!state->options.outward || pipe2(go, O_CLOEXEC) != 0)
        return;
    if (pipe2(ready, O_CLOEXEC) == 0) {
        if (launcher_fork(0, NULL) == 0) {
            close(go[1]);
            wait_and_run_slirp(launcher, go[0], ready[1]);
        }
        close(ready[1]);
        state->slirp_ready = ready[0];
    }
    close(go[0]);
    state->slirp_go = go[1];
}

static bool start_slirp(struct launcher_state *state, const char **trouble)
{
    struct pollfd ready = {.fd = state->slirp_ready, .events = POLLIN};
    char said, user_namespace = state->user_namespace;

    *trouble = "slirp4netns ended early";
    if (access("/dev/net/tun", R_OK | W_OK) != 0) {
        *trouble = "/dev/net/tun cannot be opened";
        return false;
    }
    if (write(state->slirp_go, &user_namespace, 1) != 1 || poll(&ready, 1, READY_MS) <= 0 ||
        read(state->slirp_ready, &said, 1) != 1)
        return false;
    *trouble = "slirp4netns is not installed";
    return said != not_there;
}

static bool open_gateway(struct launcher_state *state, const char **trouble)
{
    *trouble = "networks cannot be connected";
    if (unshare(CLONE_NEWNET) != 0)
        return false;
    state->gateway_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    state->gateway_netlink = open_netlink();
    if (state->gateway_network < 0 || !make_bridge(state->gateway_netlink) || !start_slirp(state, trouble))
        return false;
    state->gateway_bridge = index_of(bridge);
    return change_link(state->gateway_netlink, tap, IFF_UP, state->gateway_bridge);
}

bool gateway_open(struct launcher_state *state, const char **trouble)
{
    state->has_gateway = state->slirp_ready >= 0 && open_gateway(state, trouble);
    if (state->slirp_go >= 0)
        close(state->slirp_go);
    if (state->slirp_ready >= 0)
        close(state->slirp_ready);
    return state->has_gateway;
}

/* ---- a sandbox's cable to the gateway ---- */

static bool make_cable(const struct launcher_state *state, int netlink, const char *outer)
{
    struct request request = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

    add_link(&request, inside, 0);
    struct rtattr *info = begin_nest(&request, IFLA_LINKINFO);
    add_text(&request, IFLA_INFO_KIND, "veth");
    struct rtattr *data = begin_nest(&request, IFLA_INFO_DATA);
    struct rtattr *peer = begin_nest(&request, VETH_INFO_PEER);
    add_link(&request, outer, 0);
    add_number(&request, IFLA_NET_NS_FD, (uint32_t)state->gateway_network);
    end_nest(&request, peer);
    end_nest(&request, data);
    end_nest(&request, info);
    return send_request(netlink, &request);
}

/* Done before the cable is up: so no frame ever passes between sandboxes. */
static bool isolate(int netlink, const char *outer)
{
    struct request request = request_of(RTM_NEWLINK, 0);
    uint8_t on = 1;

    add_link(&request, outer, 0);
    struct rtattr *info = begin_nest(&request, IFLA_LINKINFO);
    add_text(&request, IFLA_INFO_SLAVE_KIND, "bridge");
    struct rtattr *data = begin_nest(&request, IFLA_INFO_SLAVE_DATA);
    add(&request, IFLA_BRPORT_ISOLATED, &on, sizeof on);
    end_nest(&request, data);
    end_nest(&request, info);
    return send_request(netlink, &request);
}

static bool add_address(int netlink, uint32_t link, uint32_t address)
{
    struct request request = request_of(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    struct ifaddrmsg what = {.ifa_family = AF_INET, .ifa_prefixlen = NETWORK_BITS, .ifa_index = link};

    add_bytes(&request, &what, sizeof what);
    add_number(&request, IFA_LOCAL, htonl(address));
    add_number(&request, IFA_ADDRESS, htonl(address));
    return send_request(netlink, &request);
}

static bool refuse_link_local(int netlink)
{
    struct request request = request_of(RTM_NEWROUTE, NLM_F_CREATE);
    struct rtmsg what = {.rtm_family = AF_INET,
                         .rtm_dst_len = LINK_LOCAL_BITS,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_STATIC,
                         .rtm_scope = RT_SCOPE_UNIVERSE,
                         .rtm_type = RTN_UNREACHABLE};

    add_bytes(&request, &what, sizeof what);
    add_number(&request, RTA_DST, htonl(link_local));
    return send_request(netlink, &request);
}

static bool add_route(int netlink, uint32_t link)
{
    struct request request = request_of(RTM_NEWROUTE, NLM_F_CREATE);
    struct rtmsg what = {.rtm_family = AF_INET,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_STATIC,
                         .rtm_scope = RT_SCOPE_UNIVERSE,
                         .rtm_type = RTN_UNICAST};

    add_bytes(&request, &what, sizeof what);
    add_number(&request, RTA_GATEWAY, htonl(ROUTER_ADDRESS));
    add_number(&request, RTA_OIF, link);
    return send_request(netlink, &request);
}

bool gateway_connect(struct launcher_state *state)
{
    uint32_t number = state->cables++ % ADDRESSES, link;
    char outer[IFNAMSIZ];
    int netlink = open_netlink();

    snprintf(outer, sizeof outer, "s%u", number);
    bool connected = netlink >= 0 && make_cable(state, netlink, outer) &&
                     change_link(state->gateway_netlink, outer, 0, state->gateway_bridge) &&
                     isolate(state->gateway_netlink, outer) &&
                     change_link(state->gateway_netlink, outer, IFF_UP, 0) &&
                     change_link(netlink, inside, IFF_UP, 0) && (link = index_of(inside)) != 0 &&
                     add_address(netlink, link, FIRST_ADDRESS + number) && refuse_link_local(netlink) &&
                     add_route(netlink, link);
    int error = errno;

    if (netlink >= 0)
        close(netlink);
    errno = error;
    return connected;
}
