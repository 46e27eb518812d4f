# Dovecot behind a Postfix that accepts every address of its domain: what the mailboxes refuse comes
# back as this host's own notice.
mkdir -p /etc/postfix /var/spool/postfix /var/lib/postfix /run/dovecot
chown postfix: /var/lib/postfix
cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
sed "s/@NAME@/$NAME/g" /lab/main.cf >/etc/postfix/main.cf
: >/etc/postfix/dynamicmaps.cf
postconf -F '*/*/chroot=n'
sed "s/@NAME@/$NAME/g" /lab/dovecot.conf >/etc/dovecot/dovecot.conf
for user in ann full; do
    mkdir -p "/var/lib/mailboxes/$user"
    quota=; [ "$user" = full ] && quota='userdb_quota_rule=*:storage=1B'
    echo "$user@$NAME.test:{PLAIN}x:110:110::/var/lib/mailboxes/$user::$quota"
done >/etc/dovecot/users
chown -R vmail: /var/lib/mailboxes
dovecot
postfix start
exec sleep infinity
