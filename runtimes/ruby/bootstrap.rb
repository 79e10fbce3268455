# Starts a function in Ruby: the handler is the argument, and AWS's gem does the rest.
require 'aws_lambda_ric/bootstrap'

Bootstrap.start
