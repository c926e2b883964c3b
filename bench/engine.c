/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measure of bench/engine.ts: what Falco's stable rules ask of an event,
 * written by hand. The words they compare with come from the loaded rules
 * (literals.h, made by bench/literals.ts; MACRO_N is check N of that macro), the
 * events from the file that bench/stream.ts writes.
 *
 *	engine FILE	for each number of seconds on standard input: judges all
 *			events for so long, round by round, and prints ns a round
 *			and matches a round by rule
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include "words.h"
#include "literals.h"
#include "facts.h"
#include "paths.h"

static struct facts facts;

static bool is_shell(const struct process *p)
{
	return p && in(&shell_procs_0, p->comm);
}

static bool has_name(const struct process *p)
{
	return p && !in(&proc_name_exists_0, p->comm);
}

static const struct process *ancestor(const struct process *p, int level)
{
	while (p && level-- > 0)
		p = parent(&facts, p);
	return p;
}

static bool any_ancestor_in(const struct process *p, const struct set *set)
{
	while ((p = parent(&facts, p)))
		if (in(set, p->comm))
			return true;
	return false;
}

static bool is_named(const struct process *p, struct text name)
{
	return p && same(p->comm, name);
}

static bool in_container(const struct process *p)
{
	return p && p->container;
}

static bool repository_in(const struct process *p, const struct set *set)
{
	return p && p->repository.at && in(set, p->repository);
}

/* The open family: four rules share the file, one of them also its raw path. */

static bool is_sensitive(const struct file *file)
{
	return in(&sensitive_files_0, file->name) || in(&sensitive_files_1, directory(file));
}

static bool is_monitored(const struct file *file)
{
	struct text name = file->name;

	return STARTS(name, etc_dir_0) ||
	       (CONTAINS(name, user_ssh_directory_0) && matches_glob(name, user_ssh_directory_1)) ||
	       STARTS(name, directory_traversal_monitored_file_read_0) ||
	       CONTAINS(name, directory_traversal_monitored_file_read_1);
}

static bool traverses(const struct ln_record *r, const struct open_params *at)
{
	struct text raw = text_of(r, at->name);

	return CONTAINS(raw, directory_traversal_0) && matches_glob(raw, directory_traversal_1);
}

static bool is_new(const struct ln_record *r, const struct process *p)
{
	return p->start_time && (s64)(r->ts + facts.head->boot_time - p->start_time) <=
					strtoll(proc_is_new_0, NULL, 10);
}

static bool reads_passwords_for_good(const struct process *p, const struct file *file)
{
	const struct process *up = parent(&facts, p), *up2 = ancestor(p, 2), *up3 = ancestor(p, 3),
			     *up4 = ancestor(p, 4);
	struct text line = p->cmdline;

	return (in(&cmp_cp_by_passwd_0, p->comm) && up && in(&cmp_cp_by_passwd_1, up->comm)) ||
	       (in(&ansible_running_python_0, p->comm) &&
		CONTAINS(line, ansible_running_python_1)) ||
	       is_named(up, TEXT(run_by_qualys_0)) || is_named(up2, TEXT(run_by_qualys_1)) ||
	       is_named(up3, TEXT(run_by_qualys_2)) || is_named(up4, TEXT(run_by_qualys_3)) ||
	       is_named(up2, TEXT(run_by_chef_0)) || is_named(up3, TEXT(run_by_chef_1)) ||
	       is_named(up2, TEXT(run_by_chef_2)) || is_named(up3, TEXT(run_by_chef_3)) ||
	       is_named(p, TEXT(run_by_chef_4)) ||
	       (up && STARTS(up->comm, run_by_google_accounts_daemon_0)) ||
	       (up2 && STARTS(up2->comm, run_by_google_accounts_daemon_1)) ||
	       (up3 && STARTS(up3->comm, run_by_google_accounts_daemon_2)) ||
	       (is_named(p, TEXT(mandb_postinst_0)) && STARTS(p->args, mandb_postinst_1) &&
		CONTAINS(p->args, mandb_postinst_2) && CONTAINS(p->args, mandb_postinst_3) &&
		CONTAINS(p->args, mandb_postinst_4)) ||
	       STARTS(line, perl_running_plesk_0) ||
	       (up && STARTS(up->cmdline, perl_running_plesk_1)) ||
	       STARTS(line, perl_running_updmap_0) || STARTS(line, veritas_driver_script_0) ||
	       STARTS(line, perl_running_centrifydc_0) ||
	       (is_named(p, TEXT(runuser_reading_pam_0)) &&
		same(directory(file), TEXT(runuser_reading_pam_1))) ||
	       (is_named(up2, TEXT(linux_bench_reading_etc_shadow_0)) &&
		in(&linux_bench_reading_etc_shadow_1, p->comm) &&
		(same(file->name, TEXT(linux_bench_reading_etc_shadow_2)) ||
		 same(directory(file), TEXT(linux_bench_reading_etc_shadow_3)))) ||
	       (p->container && repository_in(p, &user_read_sensitive_file_containers_0));
}

static bool is_containerd_at_work(const struct process *p, struct text name)
{
	return is_named(p, TEXT(containerd_activities_0)) &&
	       (STARTS(name, containerd_activities_1) || STARTS(name, containerd_activities_2) ||
		STARTS(name, containerd_activities_3) || STARTS(name, containerd_activities_4));
}

static bool logs_for_good(const struct process *p)
{
	return p && p->repository.at &&
	       (ENDS(p->repository, trusted_logging_images_0) ||
		ENDS(p->repository, trusted_logging_images_1) ||
		ENDS(p->repository, trusted_logging_images_2) ||
		ENDS(p->repository, trusted_logging_images_3));
}

static int judge_open(const struct ln_record *r, const struct process *p,
		      const struct open_params *at)
{
	s64 fd = number(r, at->fd);
	u32 flags = number(r, at->flags);
	bool known = has(r, at->fd_type);
	bool is_file = known ? !(flags & OPEN_DIRECTORY) : at->fails_as_file;
	bool reads = (flags & OPEN_READ) && is_file && fd >= 0;
	bool writes = (flags & OPEN_WRITE) && is_file && fd >= 0;
	bool failed = is_file && fd == -1;
	struct file file;

	if (!reads && !writes && !failed)
		return -1;
	open_file(&file, r, p, at, known);
	if ((reads || failed) && is_monitored(&file) && traverses(r, at)) {
		const struct process *up = parent(&facts, p);

		if (!(up && in(&directory_traversal_monitored_file_read_2, up->comm)))
			return RULE_DIRECTORY_TRAVERSAL_MONITORED_FILE_READ;
	}
	if (reads && is_sensitive(&file) && p) {
		if (in(&server_procs_0, p->comm) && !is_new(r, p) &&
		    !same(p->comm, TEXT(read_sensitive_file_trusted_after_startup_0)))
			return RULE_READ_SENSITIVE_FILE_TRUSTED_AFTER_STARTUP;
		if (has_name(p) && !in(&read_sensitive_file_untrusted_0, p->comm) &&
		    !reads_passwords_for_good(p, &file))
			return RULE_READ_SENSITIVE_FILE_UNTRUSTED;
	}
	if (!writes)
		return -1;
	if ((in(&access_log_files_0, directory(&file)) ||
	     (known && in(&access_log_files_1, filename(&file)))) &&
	    (flags & OPEN_TRUNCATE) && !is_containerd_at_work(p, file.name) && !logs_for_good(p))
		return RULE_CLEAR_LOG_ACTIVITIES;
	if (in_container(p) && ENDS(file.name, detect_release_agent_file_container_escapes_0) &&
	    (r->uid == 0 || (p->cap_effective & CAP_DAC_OVERRIDE)) &&
	    (p->cap_effective & CAP_SYS_ADMIN))
		return RULE_DETECT_RELEASE_AGENT_FILE_CONTAINER_ESCAPES;
	return -1;
}

/* exec: the process is what it has become. */

static bool java_is_parent(const struct process *up)
{
	struct text line = up->cmdline;

	return ENDS(up->exe, parent_java_running_zookeeper_0) &&
	       (CONTAINS(line, parent_java_running_zookeeper_1) ||
		CONTAINS(line, parent_java_running_kafka_1) ||
		CONTAINS(line, parent_java_running_elasticsearch_1) ||
		CONTAINS(line, parent_java_running_activemq_1) ||
		CONTAINS(line, parent_java_running_cassandra_1) ||
		CONTAINS(line, parent_java_running_cassandra_2) ||
		CONTAINS(line, parent_java_running_jboss_wildfly_1) ||
		CONTAINS(line, parent_java_running_glassfish_1) ||
		CONTAINS(line, parent_java_running_hadoop_1) ||
		CONTAINS(line, parent_java_running_datastax_1));
}

static bool runs_shell_for_good(const struct process *p, const struct process *up, struct text user)
{
	const struct process *up2 = ancestor(p, 2), *up5 = ancestor(p, 5);
	struct text line = p->cmdline;

	return in(&run_shell_untrusted_1, up->comm) || in(&run_shell_untrusted_2, line) ||
	       any_ancestor_in(p, &run_shell_untrusted_3) ||
	       (is_named(up, TEXT(consul_running_net_scripts_0)) &&
		(STARTS(line, consul_running_net_scripts_1) ||
		 STARTS(line, consul_running_net_scripts_2) ||
		 STARTS(line, consul_running_alert_checks_1))) ||
	       (is_named(up, TEXT(nginx_starting_nginx_0)) &&
		(CONTAINS(line, nginx_starting_nginx_1) ||
		 STARTS(line, nginx_running_aws_s3_cp_1))) ||
	       any_ancestor_in(p, &run_by_package_mgmt_binaries_0) || STARTS(line, serf_script_0) ||
	       STARTS(line, check_process_status_0) ||
	       (same(user, TEXT(run_by_foreman_0)) &&
		((in(&run_by_foreman_1, up->comm) && up5 && in(&run_by_foreman_2, up5->comm)) ||
		 (is_named(up, TEXT(run_by_foreman_3)) && up2 &&
		  in(&run_by_foreman_4, up2->comm)))) ||
	       STARTS(up->cmdline, python_mesos_marathon_scripting_0) ||
	       (is_named(up, TEXT(splunk_running_forwarder_0)) &&
		STARTS(line, splunk_running_forwarder_1)) ||
	       (is_named(up, TEXT(postgres_running_wal_e_0)) &&
		(STARTS(line, postgres_running_wal_e_1) || STARTS(line, postgres_running_wal_e_2) ||
		 STARTS(line, postgres_running_cnpg_1))) ||
	       (is_named(up2, TEXT(redis_running_prepost_scripts_0)) &&
		(CONTAINS(line, redis_running_prepost_scripts_1) ||
		 CONTAINS(line, redis_running_prepost_scripts_2))) ||
	       (is_named(up, TEXT(rabbitmq_running_scripts_0)) &&
		(STARTS(line, rabbitmq_running_scripts_1) ||
		 STARTS(line, rabbitmq_running_scripts_2) ||
		 same(line, TEXT(rabbitmq_running_scripts_3)) ||
		 same(line, TEXT(rabbitmq_running_scripts_4)))) ||
	       (is_named(up2, TEXT(rabbitmqctl_running_scripts_0)) &&
		STARTS(line, rabbitmqctl_running_scripts_1)) ||
	       (ENDS(up->exe, run_by_appdynamics_0) && CONTAINS(up->cmdline, run_by_appdynamics_1));
}

static bool is_interactive(const struct process *p)
{
	if (!same(p->comm, TEXT(interactive_1)))
		for (const struct process *up = p; (up = parent(&facts, up));)
			if (same(up->comm, TEXT(interactive_0)))
				return true;
	return same(p->comm, TEXT(interactive_2)) || same(p->comm, TEXT(interactive_3));
}

static bool runs_remote_code(const struct process *p)
{
	if (is_named(p, TEXT(netcat_remote_code_execution_in_container_0)))
		return CONTAINS(p->cmdline, netcat_remote_code_execution_in_container_1) ||
		       CONTAINS(p->cmdline, netcat_remote_code_execution_in_container_2);
	return is_named(p, TEXT(netcat_remote_code_execution_in_container_3)) &&
	       (CONTAINS(p->args, netcat_remote_code_execution_in_container_4) ||
		CONTAINS(p->args, netcat_remote_code_execution_in_container_5) ||
		CONTAINS(p->args, netcat_remote_code_execution_in_container_6) ||
		CONTAINS(p->args, netcat_remote_code_execution_in_container_7) ||
		CONTAINS(p->args, netcat_remote_code_execution_in_container_8));
}

static bool looks_for_keys(const struct process *p)
{
	if (in(&grep_commands_0, p->comm))
		return FOLDED(p->args, private_key_or_password_0) ||
		       FOLDED(p->args, private_key_or_password_1) ||
		       FOLDED(p->args, private_key_or_password_2) ||
		       FOLDED(p->args, private_key_or_password_3) ||
		       FOLDED(p->args, private_key_or_password_4);
	return is_named(p, TEXT(search_private_keys_or_passwords_0)) &&
	       (CONTAINS(p->args, search_private_keys_or_passwords_1) ||
		CONTAINS(p->args, search_private_keys_or_passwords_2) ||
		CONTAINS(p->args, search_private_keys_or_passwords_3) ||
		CONTAINS(p->args, search_private_keys_or_passwords_4));
}

static bool looks_for_aws(const struct process *p)
{
	if (in(&grep_commands_0, p->comm))
		return FOLDED(p->args, private_aws_credentials_0) ||
		       FOLDED(p->args, private_aws_credentials_1) ||
		       FOLDED(p->args, private_aws_credentials_2) ||
		       FOLDED(p->args, private_aws_credentials_3) ||
		       FOLDED(p->args, private_aws_credentials_4);
	return is_named(p, TEXT(find_aws_credentials_0)) && ENDS(p->args, find_aws_credentials_1);
}

static bool runs_from_shm(const struct ln_record *r, const struct process *p, int workdir)
{
	struct text cwd = working_directory(r, p, workdir);

	if (!STARTS(p->exe, execution_from_dev_shm_0) &&
	    !(STARTS(cwd, execution_from_dev_shm_1) &&
	      (STARTS(p->exe, execution_from_dev_shm_2) ||
	       STARTS(p->args, execution_from_dev_shm_7))) &&
	    !(is_shell(p) && (STARTS(p->args, execution_from_dev_shm_3) ||
			      STARTS(p->args, execution_from_dev_shm_4) ||
			      STARTS(p->args, execution_from_dev_shm_5))))
		return false;
	return !repository_in(p, &execution_from_dev_shm_8);
}

static bool is_known_memfd(const struct process *p, const struct process *up)
{
	return in(&known_memfd_execution_processes_0, p->comm) ||
	       (up && in(&known_memfd_execution_processes_1, up->comm)) ||
	       same(p->exepath, TEXT(known_memfd_execution_processes_2)) ||
	       same(p->exe, TEXT(known_memfd_execution_processes_3));
}

static int judge_exec(const struct ln_record *r, const struct process *p, int workdir)
{
	const struct process *up;
	struct text user;

	if (!p)
		return -1;
	up = parent(&facts, p);
	user = user_name(&facts, r->uid);
	if (is_shell(p) && up &&
	    (any_ancestor_in(p, &protected_shell_spawner_0) || java_is_parent(up)) &&
	    !runs_shell_for_good(p, up, user))
		return RULE_RUN_SHELL_UNTRUSTED;
	if (in(&system_users_0, user) && is_interactive(p))
		return RULE_SYSTEM_USER_INTERACTIVE;
	if (p->container && is_shell(p) && p->tty != 0 &&
	    (!up || in(&container_entrypoint_1, up->comm)))
		return RULE_TERMINAL_SHELL_IN_CONTAINER;
	if (p->container && runs_remote_code(p))
		return RULE_NETCAT_REMOTE_CODE_EXECUTION_IN_CONTAINER;
	if (looks_for_keys(p))
		return RULE_SEARCH_PRIVATE_KEYS_OR_PASSWORDS;
	if (in(&clear_data_procs_0, p->comm))
		return RULE_REMOVE_BULK_DATA_FROM_DISK;
	if (p->container && p->privileged &&
	    is_named(p, TEXT(debugfs_launched_in_privileged_container_1)))
		return RULE_DEBUGFS_LAUNCHED_IN_PRIVILEGED_CONTAINER;
	if (looks_for_aws(p))
		return RULE_FIND_AWS_CREDENTIALS;
	if (runs_from_shm(r, p, workdir))
		return RULE_EXECUTION_FROM_DEV_SHM;
	if (p->container && (p->exe_flags & EXE_UPPER_LAYER) &&
	    !repository_in(p, &drop_and_execute_new_binary_in_container_1))
		return RULE_DROP_AND_EXECUTE_NEW_BINARY_IN_CONTAINER;
	if ((p->exe_flags & EXE_FROM_MEMFD) && !is_known_memfd(p, up))
		return RULE_FILELESS_EXECUTION_VIA_MEMFD_CREATE;
	return -1;
}

/* Sockets. fd.sip.name is never known, so that the rule on Kubernetes' API is silent. */

static bool is_disallowed_ssh(const struct ln_record *r, const struct process *p,
			      const struct socket_params *at, bool connects)
{
	s64 res = number(r, at->res);
	int type = has(r, at->fd_type) ? number(r, at->fd_type) : 0;
	int proto = has(r, at->fd_proto) ? number(r, at->fd_proto) : 0;
	struct ends ends;

	if (type != '4' && type != '6')
		return false;
	if (!read_ends(&ends, r, at, res >= 0 || res == -EINPROGRESS_RESULT))
		return false;
	if (!connects && !(proto != IPPROTO_IS_TCP && !ends.remote_port && tuple_differs(r, at)))
		return false;
	if (is_any(&ends) || is_loopback(&ends) || server_is_private(&ends))
		return false;
	if (res < 0 && res != -EINPROGRESS_RESULT)
		return false;
	return p && ENDS(p->exe, disallowed_ssh_connection_non_standard_port_0) &&
	       proto == IPPROTO_IS_TCP && ends.remote_port &&
	       in_ports(&ssh_non_standard_ports_network_0, ends.remote_port);
}

static int judge_socket(const struct ln_record *r, const struct process *p)
{
	bool packet = has(r, LN_SOCKET_domain) && number(r, LN_SOCKET_domain) == FAMILY_PACKET;

	if (in_container(p) && packet && !in(&packet_socket_created_in_container_2, p->comm))
		return RULE_PACKET_SOCKET_CREATED_IN_CONTAINER;
	return -1;
}

static int judge_dup(const struct ln_record *r, const struct process *p, int fd_type)
{
	if (in_container(p) && has(r, 0) && (u64)number(r, 0) <= 2 && has(r, fd_type) &&
	    (number(r, fd_type) == '4' || number(r, fd_type) == '6'))
		return RULE_REDIRECT_STDOUT_STDIN_TO_NETWORK_CONNECTION_IN_CONTAINER;
	return -1;
}

/* The rest. */

static int judge_symlink(struct text target)
{
	if (in(&create_symlink_over_sensitive_files_0, target) ||
	    in(&create_symlink_over_sensitive_files_1, target))
		return RULE_CREATE_SYMLINK_OVER_SENSITIVE_FILES;
	return -1;
}

static int judge_link(const struct ln_record *r, const struct process *p, int path, int dir,
		      int workdir)
{
	if (in(&create_hardlink_over_sensitive_files_0, joined(r, p, path, dir, workdir)))
		return RULE_CREATE_HARDLINK_OVER_SENSITIVE_FILES;
	return -1;
}

static int judge_ptrace(const struct ln_record *r, const struct process *p)
{
	int request = has(r, LN_PTRACE_request) ? number(r, LN_PTRACE_request) : 0;

	switch (request) {
	case REQUEST_POKETEXT:
	case REQUEST_POKEDATA:
	case REQUEST_ATTACH:
	case REQUEST_SEIZE:
	case REQUEST_SETREGS:
	case REQUEST_SETREGSET:
		if (has_name(p) && !in(&known_ptrace_procs_0, p->comm))
			return RULE_PTRACE_ATTACHED_TO_PROCESS;
		return -1;
	case REQUEST_TRACEME:
		return has_name(p) ? RULE_PTRACE_ANTI_DEBUG_ATTEMPT : -1;
	default:
		return -1;
	}
}

static int judge_module(const struct process *p)
{
	if (in_container(p) && (p->cap_effective & CAP_SYS_MODULE) &&
	    !repository_in(p, &linux_kernel_module_injection_detected_1))
		return RULE_LINUX_KERNEL_MODULE_INJECTION_DETECTED;
	return -1;
}

static int judge(const struct ln_record *r, const struct process *p)
{
	switch (r->type) {
	case LN_EV_OPEN:
		return judge_open(r, p, &OPEN);
	case LN_EV_OPENAT:
		return judge_open(r, p, &OPENAT);
	case LN_EV_OPENAT2:
		return judge_open(r, p, &OPENAT2);
	case LN_EV_EXECVE:
		return judge_exec(r, p, LN_EXECVE_workdir);
	case LN_EV_EXECVEAT:
		return judge_exec(r, p, LN_EXECVEAT_workdir);
	case LN_EV_CONNECT:
		return is_disallowed_ssh(r, p, &CONNECT, true)
			       ? RULE_DISALLOWED_SSH_CONNECTION_NON_STANDARD_PORT
			       : -1;
	case LN_EV_SENDTO:
		return is_disallowed_ssh(r, p, &SENDTO, false)
			       ? RULE_DISALLOWED_SSH_CONNECTION_NON_STANDARD_PORT
			       : -1;
	case LN_EV_SENDMSG:
		return is_disallowed_ssh(r, p, &SENDMSG, false)
			       ? RULE_DISALLOWED_SSH_CONNECTION_NON_STANDARD_PORT
			       : -1;
	case LN_EV_SOCKET:
		return judge_socket(r, p);
	case LN_EV_DUP:
		return judge_dup(r, p, LN_DUP_fd_type);
	case LN_EV_DUP2:
		return judge_dup(r, p, LN_DUP2_fd_type);
	case LN_EV_DUP3:
		return judge_dup(r, p, LN_DUP3_fd_type);
	case LN_EV_SYMLINK:
		return judge_symlink(text_of(r, LN_SYMLINK_target));
	case LN_EV_SYMLINKAT:
		return judge_symlink(text_of(r, LN_SYMLINKAT_target));
	case LN_EV_LINK:
		return judge_link(r, p, LN_LINK_oldpath, LN_LINK_oldpath_dir, LN_LINK_workdir);
	case LN_EV_LINKAT:
		return judge_link(r, p, LN_LINKAT_oldpath, LN_LINKAT_oldpath_dir,
				  LN_LINKAT_workdir);
	case LN_EV_PTRACE:
		return judge_ptrace(r, p);
	case LN_EV_INIT_MODULE:
	case LN_EV_FINIT_MODULE:
		return judge_module(p);
	default:
		return -1;
	}
}

/* ns of CPU time */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void go_round(u64 *matches)
{
	for (u32 i = 0; i < facts.head->events; i++) {
		const struct event *event = &facts.events[i];
		int rule = judge((const void *)(facts.records + event->at),
				 process_at(&facts, event->process));

		if (rule >= 0)
			matches[rule]++;
	}
}

int main(int argc, char **argv)
{
	u64 matches[RULES], rounds;
	double seconds, start, spent;
	struct stat stat;
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || fstat(fd, &stat) != 0) {
		fprintf(stderr, "usage: engine FILE\n");
		return 2;
	}
	/* private and populated: no page is fetched while the clock runs */
	find_facts(&facts, mmap(NULL, stat.st_size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_POPULATE, fd, 0));
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		prepare(sets[i]);
	while (scanf("%lf", &seconds) == 1) {
		memset(matches, 0, sizeof(matches));
		rounds = 0;
		start = now();
		do {
			go_round(matches);
			rounds++;
			spent = now() - start;
		} while (spent < seconds * 1e9);
		printf("{ \"ns\": %.0f, \"matches\": [", spent / rounds);
		for (int i = 0; i < RULES; i++)
			printf("%s%llu", i ? "," : "", (unsigned long long)(matches[i] / rounds));
		printf("] }\n");
		fflush(stdout);
	}
	return 0;
}
